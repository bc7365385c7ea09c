package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const soon = 10 * time.Second

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

func freePort(t *testing.T) string {
	t.Helper()
	listener := listen(t)
	listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	client := http.Client{Timeout: soon}
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func await[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(soon):
		t.Fatal("waited too long for " + what)
		panic("unreachable")
	}
}

// TestTheWholeProgram runs the program from start to SIGTERM, without a database.
func TestTheWholeProgram(t *testing.T) {
	port := freePort(t)
	getenv := environment(map[string]string{
		"DATABASE_URL": "postgres://demo:secret@127.0.0.1:" + freePort(t) + "/demo",
		"PORT":         port,
		"VERSION":      "1.2.3",
	})
	address := "http://127.0.0.1:" + port

	var logged bytes.Buffer
	exit := make(chan int, 1)
	go func() { exit <- run(nil, getenv, &logged) }()

	for deadline := time.Now().Add(soon); run([]string{"healthcheck"}, getenv, io.Discard) != 0; {
		if time.Now().After(deadline) {
			t.Fatal("does not listen")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if status, body := get(t, address+"/ping"); status != 200 || body != "pong" {
		t.Errorf("/ping: %d %q", status, body)
	}
	if status, _ := get(t, address+"/healthz"); status != 503 {
		t.Errorf("/healthz: %d", status)
	}
	if status, body := get(t, address+"/"); status != 503 || strings.Contains(body, "127.0.0.1") {
		t.Errorf("/: %d %q", status, body)
	}

	if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status := await(t, "the end", exit); status != 0 {
		t.Errorf("exit %d", status)
	}
	if run([]string{"healthcheck"}, getenv, io.Discard) != 1 {
		t.Error("the health check passes without a server")
	}
	for _, want := range []string{`"version":"1.2.3"`, `"msg":"request not recorded"`, `"msg":"stopped"`} {
		if !strings.Contains(logged.String(), want) {
			t.Errorf("%s is not in the log:\n%s", want, &logged)
		}
	}
	if strings.Contains(logged.String(), "secret") {
		t.Errorf("the password is in the log:\n%s", &logged)
	}
}

func TestRequestsUnderWayAreFinished(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	server := newServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		io.WriteString(w, "finished")
	}), slog.New(slog.DiscardHandler))
	listener := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()

	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, server, soon) }()
	answer := make(chan string, 1)
	go func() {
		response, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			answer <- err.Error()
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answer <- string(body)
	}()

	await(t, "the request", arrived)
	stop()
	for {
		connection, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			break
		}
		connection.Close()
	}
	select {
	case err := <-ended:
		t.Fatalf("ended with a request under way: %v", err)
	default:
	}

	close(release)
	if got := await(t, "the answer", answer); got != "finished" {
		t.Errorf("got %q", got)
	}
	if err := await(t, "the end", ended); err != nil {
		t.Error(err)
	}
}

func TestRequestsUnderWayAreNotWaitedForForever(t *testing.T) {
	arrived := make(chan struct{})
	server := newServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}), slog.New(slog.DiscardHandler))
	listener := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()

	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, server, 50*time.Millisecond) }()
	go http.Get("http://" + listener.Addr().String())

	await(t, "the request", arrived)
	stop()
	if err := await(t, "the end", ended); err == nil || !strings.Contains(err.Error(), "still under way") {
		t.Errorf("got %v", err)
	}
}

func TestHealthcheckWantsOK(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	getenv := environment(map[string]string{"PORT": address.Port()})
	if got := run([]string{"healthcheck"}, getenv, &logged); got != 1 {
		t.Errorf("exit %d", got)
	}
	if !strings.Contains(logged.String(), "404") {
		t.Errorf("logged %q", &logged)
	}
}

func TestRunRefuses(t *testing.T) {
	// On all addresses, like the API: on some systems it could otherwise share a port that is taken on only one.
	taken, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	for name, test := range map[string]struct {
		args      []string
		variables map[string]string
		exit      int
		stderr    string
	}{
		"no database":     {nil, nil, 2, "DATABASE_URL is not set"},
		"no such port":    {[]string{"healthcheck"}, map[string]string{"PORT": "x"}, 1, "PORT is not"},
		"unknown word":    {[]string{"helthcheck"}, nil, 2, "usage: api-golang"},
		"a word too many": {[]string{"healthcheck", "now"}, nil, 2, "usage: api-golang"},
		"invalid URL":     {nil, map[string]string{"DATABASE_URL": "postgres://db:port/demo"}, 2, "DATABASE_URL does not"},
		"taken port":      {nil, map[string]string{"DATABASE_URL": "postgres://db/demo", "PORT": port}, 1, "address already in use"},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			if got := run(test.args, environment(test.variables), &stderr); got != test.exit {
				t.Errorf("exit %d, want %d", got, test.exit)
			}
			if !strings.Contains(stderr.String(), test.stderr) {
				t.Errorf("standard error is %q", &stderr)
			}
		})
	}
}
