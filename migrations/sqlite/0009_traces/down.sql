ALTER TABLE login_traces DROP COLUMN message;
