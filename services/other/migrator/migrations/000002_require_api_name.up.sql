-- NOT NULL accepts an empty name, and such rows would not count for any API.
ALTER TABLE request ADD CONSTRAINT request_api_name_check CHECK (api_name <> '');
