package main

import (
	"errors"
	"strings"
	"testing"
)

func environment(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestLoadConfig(t *testing.T) {
	const url = "postgres://db/demo"
	for name, test := range map[string]struct {
		variables map[string]string
		port      int
		version   string
	}{
		"defaults":       {map[string]string{"DATABASE_URL": url}, 8000, "0.0.0"},
		"empty values":   {map[string]string{"DATABASE_URL": url, "PORT": "", "VERSION": ""}, 8000, "0.0.0"},
		"everything set": {map[string]string{"DATABASE_URL": url, "PORT": "65535", "VERSION": "1.2.3-0004-188f7a2"}, 65535, "1.2.3-0004-188f7a2"},
		"unix socket":    {map[string]string{"DATABASE_URL": "postgresql:///demo?host=/run/postgresql"}, 8000, "0.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := loadConfig(environment(test.variables))
			if err != nil {
				t.Fatal(err)
			}
			if got.port != test.port || got.version != test.version || got.database.ConnConfig.Database != "demo" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestLoadConfigNamesAllThatIsWrong(t *testing.T) {
	_, err := loadConfig(environment(map[string]string{"PORT": "none"}))
	if !errors.Is(err, errConfig) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"DATABASE_URL is not set", `PORT is not a number from 1 to 65535: "none"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestDatabaseURLIsRejectedWithoutRepeatingIt(t *testing.T) {
	for _, url := range []string{
		"secret",
		"db:5432/secret",
		"host=db password=secret",
		"mysql://demo:secret@db/demo",
		"postgres://demo:secret@db:port/demo",
		"postgres://demo:secret%zz@db/demo",
	} {
		_, err := loadConfig(environment(map[string]string{"DATABASE_URL": url}))
		if !errors.Is(err, errConfig) || !strings.Contains(err.Error(), "DATABASE_URL does not have the form") ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestLoadPortRefuses(t *testing.T) {
	for _, value := range []string{"0", "-1", "65536", "8000 ", "http", "1e3", "0x50"} {
		if port, err := loadPort(environment(map[string]string{"PORT": value})); err == nil {
			t.Errorf("PORT=%q gave %d", value, port)
		}
	}
}
