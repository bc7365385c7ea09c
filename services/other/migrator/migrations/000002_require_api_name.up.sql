-- NOT NULL lets an empty name pass, and such rows would be counted for nobody.
ALTER TABLE request ADD CONSTRAINT request_api_name_check CHECK (api_name <> '');
