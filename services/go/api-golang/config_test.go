package main

import (
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
		want      config
	}{
		"defaults": {
			map[string]string{"DATABASE_URL": url},
			config{url, 8000, "0.0.0"},
		},
		"everything set": {
			map[string]string{"DATABASE_URL": url, "PORT": "65535", "VERSION": "1.2.3-0004-188f7a2"},
			config{url, 65535, "1.2.3-0004-188f7a2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := loadConfig(environment(test.variables))
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestLoadConfigNamesWhatIsWrong(t *testing.T) {
	_, err := loadConfig(environment(map[string]string{"PORT": "none"}))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"DATABASE_URL is not set", `PORT is "none"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
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
