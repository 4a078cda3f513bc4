-- The tombstones of users whom somebody else than SCIM had deactivated: a user that is created under one of their names
-- is asked for among these, of which there are few.
CREATE INDEX users_organization_id_barred_idx ON users (organization_id) WHERE status = 'deleted' AND deactivated_by <> 'scim';
-- Those that are there are freed: so far the operator's own deletion, which frees the names, left the same row as SCIM's.
UPDATE users SET deactivated_by = NULL WHERE status = 'deleted' AND deactivated_by <> 'scim';
