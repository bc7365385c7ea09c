package main

import (
	"errors"
	"fmt"
	"strconv"
)

type config struct {
	databaseURL string
	port        int
	version     string
}

func loadConfig(getenv func(string) string) (config, error) {
	port, portErr := loadPort(getenv)

	var databaseErr error
	databaseURL := getenv("DATABASE_URL")
	if databaseURL == "" {
		databaseErr = errors.New("DATABASE_URL is not set")
	}

	version := getenv("VERSION")
	if version == "" {
		version = "0.0.0"
	}

	// Reports all mistakes at once, not one per attempt to start.
	return config{databaseURL, port, version}, errors.Join(databaseErr, portErr)
}

func loadPort(getenv func(string) string) (int, error) {
	value := getenv("PORT")
	if value == "" {
		return 8000, nil
	}
	// 0 would mean any free port, which neither a client nor the health check could know.
	port, err := strconv.ParseUint(value, 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("PORT is %q, which is not a number from 1 to 65535", value)
	}
	return int(port), nil
}
