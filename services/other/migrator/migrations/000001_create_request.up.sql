-- One row per request that an API has handled. All statements in a file run in one transaction.
CREATE TABLE request (
    id bigserial PRIMARY KEY,
    api_name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Each API counts its own rows on every request.
CREATE INDEX request_api_name_idx ON request (api_name);
