//! Packs that lie about what is in them: an error, without the memory and the time that they claim.

use crate::support::Repo;

/// Address space of a run, in KiB: far more than any answer needs, far less than the packs claim.
const MEMORY: u64 = 1 << 20;

const COMMIT: u8 = 1;
const TAG: u8 = 4;
const OFFSET_DELTA: u8 = 6;
const REF_DELTA: u8 = 7;

struct Entry {
    id: String,
    kind: u8,
    /// The size that its header claims.
    size: u64,
    /// Between header and data: what a delta is based on.
    base: Vec<u8>,
    data: Vec<u8>,
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits"))
        .collect()
}

fn compressed(data: &[u8]) -> Vec<u8> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::best());
    let mut out = vec![0; compressor.zlib_compress_bound(data.len())];
    let length = compressor.zlib_compress(data, &mut out).expect("compress an object");
    out.truncate(length);
    out
}

/// Seven bits a byte, the lowest first, as deltas have sizes.
fn varint(mut number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
    out
}

fn header(kind: u8, size: u64) -> Vec<u8> {
    let first = kind << 4 | (size & 15) as u8;
    if size < 16 { vec![first] } else { [vec![first | 0x80], varint(size >> 4)].concat() }
}

/// Writes a pack and its index as git lays them out (gitformat-pack(5)), with checksums that nobody verifies.
fn write_pack(repo: &Repo, mut entries: Vec<Entry>) {
    let checksum = [7; 20];
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend((entries.len() as u32).to_be_bytes());
    let mut offsets = Vec::new();
    for entry in &entries {
        offsets.push((entry.id.clone(), pack.len() as u32));
        pack.extend(header(entry.kind, entry.size));
        pack.extend(&entry.base);
        pack.extend(&entry.data);
    }
    pack.extend(checksum);
    entries.sort_by(|a, b| a.id.cmp(&b.id));
    offsets.sort();
    let mut index = b"\xfftOc\0\0\0\x02".to_vec();
    for first in 0..=255_u8 {
        let count = entries.iter().filter(|entry| bytes(&entry.id)[0] <= first).count();
        index.extend((count as u32).to_be_bytes());
    }
    entries.iter().for_each(|entry| index.extend(bytes(&entry.id)));
    entries.iter().for_each(|_| index.extend([0; 4]));
    offsets.iter().for_each(|(_, offset)| index.extend(offset.to_be_bytes()));
    index.extend(checksum);
    index.extend([0; 20]);
    let name = format!(".git/objects/pack/pack-{}", "07".repeat(20));
    repo.write(&format!("{name}.pack"), pack);
    repo.write(&format!("{name}.idx"), index);
}

fn repository() -> Repo {
    let repo = Repo::new();
    repo.service("app");
    repo.commit("first");
    repo.tag("app@1.0.0");
    repo.commit("second");
    repo
}

/// Asks about `HEAD`, which is at `id`, with little memory.
fn refused(repo: &Repo, id: &str, case: &str) {
    repo.write(".git/refs/heads/main", format!("{id}\n"));
    let limited = format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"");
    for args in [&["extended", "app", "--no-dirty"][..], &["extended", "app", "--rev", "HEAD"]] {
        let run = repo.program("sh").args(["-c", &limited, env!("CARGO_BIN_EXE_imgver")]).args(args).run();
        assert_eq!((run.code, &*run.stdout), (3, ""), "{case}: {run}");
    }
}

#[test]
fn sizes_are_only_claims() {
    let id = "ab".repeat(20);
    let commit = |repo: &Repo| repo.git(["cat-file", "commit", "HEAD"]).into_bytes();
    for size in [3_000_000_000, u64::MAX >> 8, 5] {
        for kind in [COMMIT, TAG] {
            let repo = repository();
            let data = compressed(&commit(&repo));
            write_pack(&repo, vec![Entry { id: id.clone(), kind, size, base: Vec::new(), data }]);
            refused(&repo, &id, &format!("{size} bytes"));
        }
        // The result of a delta.
        let repo = repository();
        let base = bytes(&repo.head());
        let delta = [varint(size), varint(size), vec![1, b'x']].concat();
        let entry = Entry {
            id: id.clone(),
            kind: REF_DELTA,
            size: delta.len() as u64,
            base,
            data: compressed(&delta),
        };
        write_pack(&repo, vec![entry]);
        refused(&repo, &id, &format!("a delta of {size} bytes"));
    }
}

#[test]
fn a_loose_object_may_lie_too() {
    let id = "ab".repeat(20);
    for size in ["3000000000", "99999999999999999999", ""] {
        let repo = repository();
        let commit = repo.git(["cat-file", "commit", "HEAD"]);
        let path = format!(".git/objects/{}/{}", &id[..2], &id[2..]);
        repo.write(&path, compressed(format!("commit {size}\0{commit}").as_bytes()));
        refused(&repo, &id, size);
    }
}

#[test]
fn what_inflates_without_end_is_refused() {
    let id = "ab".repeat(20);
    let zeros = compressed(&vec![b'\n'; 150_000_000]);
    let repo = repository();
    write_pack(
        &repo,
        vec![Entry { id: id.clone(), kind: COMMIT, size: 150_000_000, base: Vec::new(), data: zeros }],
    );
    refused(&repo, &id, "150 MB");
}

#[test]
fn deltas_that_lead_in_a_circle_come_to_an_end() {
    let (one, other) = ("ab".repeat(20), "cd".repeat(20));
    let delta = [varint(100), varint(100), vec![1, b'x']].concat();
    let entry = |id: &str, base: &str| Entry {
        id: id.to_owned(),
        kind: REF_DELTA,
        size: delta.len() as u64,
        base: bytes(base),
        data: compressed(&delta),
    };
    let repo = repository();
    write_pack(&repo, vec![entry(&one, &other), entry(&other, &one)]);
    refused(&repo, &one, "two");
    let repo = repository();
    write_pack(&repo, vec![entry(&one, &one)]);
    refused(&repo, &one, "one");
    for distance in [vec![0], vec![0x7f], vec![0xff, 0xff, 0xff, 0xff, 0x7f]] {
        let repo = repository();
        let data = compressed(&delta);
        let size = delta.len() as u64;
        write_pack(&repo, vec![Entry { id: one.clone(), kind: OFFSET_DELTA, size, base: distance, data }]);
        refused(&repo, &one, "an offset");
    }
}
