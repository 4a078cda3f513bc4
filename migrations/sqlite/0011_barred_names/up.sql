-- The tombstones of users whom somebody else than SCIM had deactivated: a user that is created under one of their names
-- is asked for among these, of which there are few.
CREATE INDEX users_organization_id_barred_idx ON users (organization_id) WHERE status = 'deleted' AND deactivated_by <> 'scim';
