package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

// errConfig marks a mistake in the configuration: another attempt with the same environment fails, too.
var errConfig = errors.New("configuration")

type config struct {
	database *pgxpool.Config
	port     int
	version  string
}

func loadConfig(getenv func(string) string) (config, error) {
	port, portErr := loadPort(getenv)

	database, databaseErr := parseDatabaseURL(getenv("DATABASE_URL"))

	version := getenv("VERSION")
	if version == "" {
		version = "0.0.0"
	}

	// Reports all mistakes at once, not one per attempt to start.
	var mistakes []string
	for _, err := range []error{databaseErr, portErr} {
		if err != nil {
			mistakes = append(mistakes, err.Error())
		}
	}
	if mistakes != nil {
		return config{}, fmt.Errorf("%w: %s", errConfig, strings.Join(mistakes, "; "))
	}
	return config{database, port, version}, nil
}

// parseDatabaseURL never repeats the value, which may contain a password.
func parseDatabaseURL(value string) (*pgxpool.Config, error) {
	const form = "postgres://user:password@host:5432/database"
	if value == "" {
		return nil, errors.New("DATABASE_URL is not set: expected " + form)
	}
	// The driver would also take `host=… user=…`, which api-node and the migrator do not.
	if strings.HasPrefix(value, "postgres://") || strings.HasPrefix(value, "postgresql://") {
		if config, err := pgxpool.ParseConfig(value); err == nil {
			return config, nil
		}
	}
	return nil, errors.New("DATABASE_URL does not have the form " + form)
}

func loadPort(getenv func(string) string) (int, error) {
	value := getenv("PORT")
	if value == "" {
		return 8000, nil
	}
	// 0 would mean any free port, which neither a client nor the health check could know.
	port, err := strconv.ParseUint(value, 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("PORT is not a number from 1 to 65535: %q", value)
	}
	return int(port), nil
}
