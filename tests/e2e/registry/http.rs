//! As much of HTTP/1.1 as the servers of these tests need: one request after another on a connection, bodies as a whole.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path, with the query.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What a server does with a request.
pub(crate) enum Reply {
    /// Answers it.
    With(Response),
    /// Sends these bytes, whatever they are, and ends the connection.
    Bytes(Vec<u8>),
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
}

impl Request {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Request { method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Sends it to `address` on a connection of its own.
    pub(crate) fn send(&self, address: &str) -> Response {
        let stream = TcpStream::connect(address).unwrap_or_else(|error| panic!("{address}: {error}"));
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        let own = ["connection", "content-length", "transfer-encoding"];
        for (name, value) in self.headers.iter().filter(|(name, _)| !own.contains(&&*name.to_lowercase())) {
            head += &format!("{name}: {value}\r\n");
        }
        if self.header("Host").is_none() {
            head += &format!("Host: {address}\r\n");
        }
        head += &format!("Content-Length: {}\r\nConnection: close\r\n\r\n", self.body.len());
        (&stream).write_all(&[head.as_bytes(), &self.body].concat()).expect("send a request");
        read_response(&mut BufReader::new(stream), self.method == "HEAD").expect("read a response")
    }
}

impl Response {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        Response { status, headers, body: body.into() }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// As it goes over the wire; a response to `HEAD` has a length and no body.
    pub(crate) fn bytes(&self, is_head: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Reason\r\n", self.status);
        let own = ["connection", "transfer-encoding"];
        for (name, value) in self.headers.iter().filter(|(name, _)| !own.contains(&&*name.to_lowercase())) {
            head += &format!("{name}: {value}\r\n");
        }
        if self.header("Content-Length").is_none() {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        head += "\r\n";
        let body = if is_head { &[][..] } else { &self.body };
        [head.as_bytes(), body].concat()
    }
}

/// Serves requests at a free port of 127.0.0.1, which it returns with the host, until the test program ends.
pub(crate) fn serve(handle: impl Fn(Request) -> Reply + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listen on a free port");
    let address = listener.local_addr().expect("the port").to_string();
    let handle = Arc::new(handle);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handle = Arc::clone(&handle);
            // A client that goes away is no failure of the test.
            thread::spawn(move || drop(converse(&stream, &*handle)));
        }
    });
    address
}

fn converse(stream: &TcpStream, handle: &dyn Fn(Request) -> Reply) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    // A handshake of TLS (RFC 8446, 5.1). As Go's servers do it, which docker knows by that for servers without encryption.
    if reader.fill_buf()?.first() == Some(&0x16) {
        writer.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\nthis server speaks plain HTTP\n")?;
        return stream.shutdown(std::net::Shutdown::Both);
    }
    while let Some(request) = read_request(&mut reader)? {
        let is_head = request.method == "HEAD";
        match handle(request) {
            Reply::With(response) => writer.write_all(&response.bytes(is_head))?,
            Reply::Bytes(bytes) => {
                writer.write_all(&bytes)?;
                return stream.shutdown(std::net::Shutdown::Both);
            }
        }
    }
    Ok(())
}

/// An address at which nothing listens.
pub(super) fn unused() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listen on a free port");
    listener.local_addr().expect("the port").to_string()
}

/// A proxy for HTTP, at the address that it returns, which leads to `target` whatever it is asked to connect to.
pub(super) fn tunnel(target: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listen on a free port");
    let address = listener.local_addr().expect("the port").to_string();
    let target = target.to_owned();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let target = target.clone();
            thread::spawn(move || drop(connect(&client, &target)));
        }
    });
    address
}

fn connect(client: &TcpStream, target: &str) -> io::Result<()> {
    let request = read_request(&mut BufReader::with_capacity(1, client.try_clone()?))?;
    assert_eq!(request.map(|request| request.method).as_deref(), Some("CONNECT"));
    let mut writer = client;
    writer.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    relay(client, &TcpStream::connect(target)?)
}

/// A SOCKS5 proxy (RFC 1928) that leads to `target` whatever it is asked to connect to: its address, and what it was asked.
pub(super) fn socks(target: &str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listen on a free port");
    let address = listener.local_addr().expect("the port").to_string();
    let (target, asked) = (target.to_owned(), Arc::<Mutex<Vec<String>>>::default());
    let own = Arc::clone(&asked);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (target, asked) = (target.clone(), Arc::clone(&own));
            thread::spawn(move || drop(connect_socks(&client, &target, &asked)));
        }
    });
    (address, asked)
}

fn connect_socks(mut client: &TcpStream, target: &str, asked: &Mutex<Vec<String>>) -> io::Result<()> {
    let read = |length: usize| {
        let mut bytes = vec![0; length];
        (&mut &*client).read_exact(&mut bytes).map(|()| bytes)
    };
    let methods = read(2)?[1];
    read(methods.into())?;
    client.write_all(&[5, 0])?;
    // Version, connect, reserved, a name, its length.
    let head = read(5)?;
    assert_eq!(head[..4], [5, 1, 0, 3], "a name, and no address");
    let name = read(head[4].into())?;
    read(2)?;
    asked.lock().unwrap().push(String::from_utf8_lossy(&name).into_owned());
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    relay(client, &TcpStream::connect(target)?)
}

fn relay(client: &TcpStream, server: &TcpStream) -> io::Result<()> {
    thread::scope(|scope| {
        scope.spawn(|| {
            let _ = io::copy(&mut &*client, &mut &*server);
            server.shutdown(std::net::Shutdown::Write)
        });
        let _ = io::copy(&mut &*server, &mut &*client);
        client.shutdown(std::net::Shutdown::Both)
    })
}

fn read_request(reader: &mut impl io::BufRead) -> io::Result<Option<Request>> {
    let Some((first, headers)) = read_head(reader)? else { return Ok(None) };
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let body = read_body(reader, &headers, 0)?;
    Ok(Some(Request { method: method.to_owned(), path: path.to_owned(), headers, body }))
}

fn read_response(reader: &mut impl io::BufRead, is_head: bool) -> io::Result<Response> {
    let (first, headers) = read_head(reader)?.expect("a response begins");
    let status: u16 = first.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
    let is_empty = is_head || status == 204 || status == 304;
    let body = if is_empty { Vec::new() } else { read_body(reader, &headers, u64::MAX)? };
    Ok(Response { status, headers, body })
}

/// The first line and the headers; none at the end.
#[expect(clippy::type_complexity, reason = "two parts of one thing")]
fn read_head(reader: &mut impl io::BufRead) -> io::Result<Option<(String, Vec<(String, String)>)>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers = lines.iter().skip(1).filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
    Ok(Some((lines.first().cloned().unwrap_or_default(), headers)))
}

/// The body; without a length, as much as `otherwise` at most.
fn read_body(
    reader: &mut impl io::BufRead,
    headers: &[(String, String)],
    otherwise: u64,
) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if header(headers, "Transfer-Encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let size = u64::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
            reader.take(size).read_to_end(&mut body)?;
            reader.read_line(&mut String::new())?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    let length = header(headers, "Content-Length").and_then(|value| value.parse().ok());
    reader.take(length.unwrap_or(otherwise)).read_to_end(&mut body)?;
    Ok(body)
}
