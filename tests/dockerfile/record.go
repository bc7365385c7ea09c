// Records what BuildKit reads for the cases of answers.json: run after changing its files or cases.
//
//	go run . answers.json
//
// in a directory with this file and a go.mod that requires github.com/moby/buildkit.
//
// Each case is converted by BuildKit itself. Then, what the result copies or mounts from a local context is copied by
// BuildKit's own code out of a context that has the files. "reads" are these files, by the name of the context, the empty one
// being the main context's; "error" is why there is no build.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	gatewaypb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	fscopy "github.com/tonistiigi/fsutil/copy"
	fstypes "github.com/tonistiigi/fsutil/types"
)

type Case struct {
	Dockerfile string              `json:"dockerfile"`
	Target     string              `json:"target,omitempty"`
	Args       map[string]string   `json:"args,omitempty"`
	Platforms  []string            `json:"platforms,omitempty"`
	Contexts   []string            `json:"contexts,omitempty"`
	Triggers   map[string][]string `json:"triggers,omitempty"`
	Wide       string              `json:"wide,omitempty"`
	Error      bool                `json:"error,omitempty"`
	Reads      map[string][]string `json:"reads,omitempty"`
}

type Table struct {
	Files []string `json:"files"`
	Cases []*Case  `json:"cases"`
}

type reference struct{ client.Reference }

func (reference) ReadFile(context.Context, client.ReadRequest) ([]byte, error) {
	return nil, os.ErrNotExist
}
func (reference) StatFile(context.Context, client.StatRequest) (*fstypes.Stat, error) {
	return nil, os.ErrNotExist
}

type gateway struct {
	client.Client
	opts     map[string]string
	triggers map[string][]string
}

func (g gateway) BuildOpts() client.BuildOpts {
	caps := pb.Caps.CapSet(pb.Caps.All())
	return client.BuildOpts{Opts: g.opts, SessionID: "s", LLBCaps: caps, Caps: gatewaypb.Caps.CapSet(gatewaypb.Caps.All())}
}

func (g gateway) Inputs(context.Context) (map[string]llb.State, error) { return nil, nil }

func (g gateway) Warn(context.Context, digest.Digest, string, client.WarnOpts) error { return nil }

func (g gateway) Solve(context.Context, client.SolveRequest) (*client.Result, error) {
	result := client.NewResult()
	result.SetRef(reference{})
	return result, nil
}

func (g gateway) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	onBuild := []string{}
	for image, triggers := range g.triggers {
		if strings.HasSuffix(strings.TrimSuffix(ref, ":latest"), "/"+image) {
			onBuild = triggers
		}
	}
	config := map[string]any{
		"os": "linux", "architecture": "amd64",
		"config": map[string]any{"Env": []string{"PATH=/bin", "FROM_IMAGE=src"}, "OnBuild": onBuild},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + strings.Repeat("0", 64)}},
	}
	text, err := json.Marshal(config)
	return ref, "", text, err
}

// convert makes the operations of a build for one platform.
func convert(c *Case, platform string) (*llb.Definition, error) {
	opts := map[string]string{}
	for name, value := range c.Args {
		opts["build-arg:"+name] = value
	}
	for _, name := range c.Contexts {
		opts["context:"+name] = "local:named-" + name
	}
	if c.Target != "" {
		opts["target"] = c.Target
	}
	if platform != "" {
		opts["platform"] = platform
	}
	gw := gateway{opts: opts, triggers: c.Triggers}
	bc, err := dockerui.NewClient(gw)
	if err != nil {
		return nil, err
	}
	opt := dockerfile2llb.ConvertOpt{Config: bc.Config, Client: bc, MetaResolver: gw}
	if platform != "" {
		p, err := platforms.Parse(platform)
		if err != nil {
			return nil, err
		}
		p = platforms.Normalize(p)
		opt.TargetPlatform = &p
	}
	result, err := dockerfile2llb.Dockerfile2LLB(context.Background(), []byte(c.Dockerfile), opt)
	if err != nil {
		return nil, err
	}
	return result.State.Marshal(context.Background())
}

// reads collects what the operations take of contexts.
type reads struct {
	root  string
	files map[string]map[string]bool
}

func (r *reads) add(name, path string) {
	if r.files[name] == nil {
		r.files[name] = map[string]bool{}
	}
	r.files[name][path] = true
}

func (r *reads) below(name, path string) error {
	return filepath.WalkDir(filepath.Join(r.root, path), func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			file, _ = filepath.Rel(r.root, file)
			r.add(name, file)
		}
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	})
}

func (r *reads) copy(name string, action *pb.FileActionCopy) error {
	sources := []string{filepath.Join("/", action.Src)}
	if action.AllowWildcard {
		var err error
		if sources, err = fscopy.ResolveWildcards(r.root, sources[0], action.FollowSymlink); err != nil {
			return err
		}
	}
	for _, source := range sources {
		target, err := os.MkdirTemp("", "")
		if err != nil {
			return err
		}
		err = fscopy.Copy(context.Background(), r.root, source, target, "/x/", func(info *fscopy.CopyInfo) {
			info.IncludePatterns = action.IncludePatterns
			info.ExcludePatterns = action.ExcludePatterns
			info.CopyDirContents = action.DirCopyContents
			info.FollowLinks = action.FollowSymlink
		})
		// A source that is not there: the build would fail, but reads nothing.
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		err = filepath.WalkDir(target, func(file string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				text, _ := os.ReadFile(file)
				r.add(name, string(text))
			}
			return err
		})
		os.RemoveAll(target)
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *reads) collect(definition *llb.Definition) error {
	contexts := map[digest.Digest]string{}
	ops := []*pb.Op{}
	for _, text := range definition.Def {
		var op pb.Op
		if err := op.Unmarshal(text); err != nil {
			return err
		}
		if source := op.GetSource(); source != nil && strings.HasPrefix(source.Identifier, "local://") {
			_, name, _ := strings.Cut(source.Identifier, "local://named-")
			contexts[digest.FromBytes(text)] = name
		}
		ops = append(ops, &op)
	}
	for _, op := range ops {
		context := func(index int64) (string, bool) {
			if index < 0 || int(index) >= len(op.Inputs) {
				return "", false
			}
			name, ok := contexts[digest.Digest(op.Inputs[index].Digest)]
			return name, ok
		}
		switch {
		case op.GetFile() != nil:
			for _, action := range op.GetFile().Actions {
				if name, ok := context(action.Input); ok {
					if err := r.below(name, "/"); err != nil {
						return err
					}
				}
				if name, ok := context(action.SecondaryInput); ok && action.GetCopy() != nil {
					if err := r.copy(name, action.GetCopy()); err != nil {
						return err
					}
				}
			}
		case op.GetExec() != nil:
			for _, mount := range op.GetExec().Mounts {
				if name, ok := context(mount.Input); ok {
					if err := r.below(name, mount.Selector); err != nil {
						return err
					}
				}
			}
		default:
			for index := range op.Inputs {
				if name, ok := context(int64(index)); ok {
					if err := r.below(name, "/"); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func record(c *Case, root string) error {
	platforms := c.Platforms
	if len(platforms) == 0 {
		platforms = []string{""}
	}
	r := reads{root: root, files: map[string]map[string]bool{}}
	for _, platform := range platforms {
		definition, err := convert(c, platform)
		if err == nil {
			err = r.collect(definition)
		}
		if err != nil {
			return err
		}
	}
	c.Reads = map[string][]string{}
	for name, files := range r.files {
		for file := range files {
			c.Reads[name] = append(c.Reads[name], file)
		}
		sort.Strings(c.Reads[name])
	}
	return nil
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var table Table
	if err := json.Unmarshal(text, &table); err != nil {
		panic(err)
	}
	root, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(root)
	for _, file := range table.Files {
		path := filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			panic(err)
		}
		if err := os.WriteFile(path, []byte(file), 0o666); err != nil {
			panic(err)
		}
	}
	var out strings.Builder
	line := func(value any, end string) {
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(value); err != nil {
			panic(err)
		}
		trimmed := strings.TrimSuffix(out.String(), "\n") + end
		out.Reset()
		out.WriteString(trimmed)
	}
	out.WriteString("{\n\"files\": ")
	line(table.Files, ",\n\"cases\": [\n")
	for at, c := range table.Cases {
		c.Reads, c.Error = nil, false
		if err := record(c, root); err != nil {
			c.Error = true
			fmt.Fprintf(os.Stderr, "%d: %q: %v\n", at, c.Dockerfile, err)
		}
		end := ",\n"
		if at == len(table.Cases)-1 {
			end = "\n"
		}
		line(c, end)
	}
	out.WriteString("]\n}\n")
	if err := os.WriteFile(os.Args[1], []byte(out.String()), 0o666); err != nil {
		panic(err)
	}
}
