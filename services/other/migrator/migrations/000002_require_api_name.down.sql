ALTER TABLE request DROP CONSTRAINT request_api_name_check;
