-- The facts about this installation itself, such as whether it was made by `demo`.
CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- A project: one environment of a host app. The root of every tenant.
CREATE TABLE projects (
    id TEXT NOT NULL PRIMARY KEY,
    display_name TEXT NOT NULL,
    public_url TEXT NOT NULL,
    dev_mode BOOLEAN NOT NULL,
    shared_domains BOOLEAN NOT NULL,
    session_idle_ms BIGINT NOT NULL,
    session_absolute_ms BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- The host names under which a project answers; a request for any other gets 421.
CREATE TABLE project_hosts (
    host TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    created_at BIGINT NOT NULL
);
CREATE INDEX project_hosts_project_id_idx ON project_hosts (project_id);

-- A customer: the tenant. It decides how its users sign in.
CREATE TABLE organizations (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    external_id TEXT,
    display_name TEXT NOT NULL,
    status TEXT NOT NULL,
    log_in_with_google BOOLEAN NOT NULL,
    log_in_with_microsoft BOOLEAN NOT NULL,
    log_in_with_github BOOLEAN NOT NULL,
    log_in_with_email BOOLEAN NOT NULL,
    log_in_with_password BOOLEAN NOT NULL,
    log_in_with_saml BOOLEAN NOT NULL,
    log_in_with_oidc BOOLEAN NOT NULL,
    log_in_with_authenticator_app BOOLEAN NOT NULL,
    log_in_with_passkey BOOLEAN NOT NULL,
    require_mfa BOOLEAN NOT NULL,
    scim_enabled BOOLEAN NOT NULL,
    custom_roles_enabled BOOLEAN NOT NULL,
    api_keys_enabled BOOLEAN NOT NULL,
    impersonation_allowed BOOLEAN NOT NULL,
    session_idle_ms BIGINT,
    session_absolute_ms BIGINT,
    google_hosted_domains TEXT NOT NULL,
    microsoft_tenant_ids TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX organizations_project_id_external_id_key ON organizations (project_id, external_id);
CREATE INDEX organizations_project_id_id_idx ON organizations (project_id, id);

-- A mail domain of an organization, proved by a DNS TXT record or set by the operator (R19).
CREATE TABLE domains (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    txt_value TEXT NOT NULL,
    method TEXT NOT NULL,
    shared BOOLEAN NOT NULL,
    verified_at BIGINT,
    last_checked_at BIGINT,
    failing_since BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX domains_organization_id_name_key ON domains (organization_id, name);
CREATE UNIQUE INDEX domains_project_id_name_key ON domains (project_id, name) WHERE verified_at IS NOT NULL AND shared = FALSE;
CREATE INDEX domains_project_id_name_idx ON domains (project_id, name);

-- A key of ours for signing requests or decrypting assertions, with rollover.
CREATE TABLE saml_sp_keys (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    purpose TEXT NOT NULL,
    certificate TEXT NOT NULL,
    private_key_sealed TEXT NOT NULL,
    not_after BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);
CREATE INDEX saml_sp_keys_project_id_purpose_idx ON saml_sp_keys (project_id, purpose);

-- An organization's OpenID Connect identity provider.
CREATE TABLE oidc_connections (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    display_name TEXT NOT NULL,
    provider TEXT NOT NULL,
    status TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret_sealed TEXT,
    discovery TEXT,
    subject_claim TEXT NOT NULL,
    jit_provisioning BOOLEAN,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX oidc_connections_organization_id_status_idx ON oidc_connections (organization_id, status);

-- A source of provisioning. It writes only what it created or adopted (R20).
CREATE TABLE scim_connections (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    display_name TEXT NOT NULL,
    status TEXT NOT NULL,
    is_default BOOLEAN NOT NULL,
    strict BOOLEAN NOT NULL,
    provider TEXT NOT NULL,
    hold_enabled BOOLEAN NOT NULL,
    hold_threshold BIGINT NOT NULL,
    held_until BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX scim_connections_organization_id_status_idx ON scim_connections (organization_id, status);
CREATE UNIQUE INDEX scim_connections_organization_id_key ON scim_connections (organization_id) WHERE is_default = TRUE;

-- An organization's SAML identity provider.
CREATE TABLE saml_connections (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    display_name TEXT NOT NULL,
    provider TEXT NOT NULL,
    status TEXT NOT NULL,
    is_primary BOOLEAN NOT NULL,
    idp_entity_id TEXT NOT NULL,
    idp_sso_redirect_url TEXT,
    idp_sso_post_url TEXT,
    idp_slo_url TEXT,
    idp_wants_signed_requests BOOLEAN NOT NULL,
    metadata_url TEXT,
    metadata_fetched_at BIGINT,
    metadata_valid_until BIGINT,
    subject_attribute TEXT,
    attribute_map TEXT NOT NULL,
    clock_skew_ms BIGINT NOT NULL,
    allow_idp_initiated BOOLEAN NOT NULL,
    jit_provisioning BOOLEAN,
    force_authn BOOLEAN NOT NULL,
    inclusive_c14n BOOLEAN NOT NULL,
    allow_sha1 BOOLEAN NOT NULL,
    paired_scim_connection_id TEXT REFERENCES scim_connections (id),
    paired_attribute TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX saml_connections_organization_id_status_idx ON saml_connections (organization_id, status);
CREATE INDEX saml_connections_paired_scim_connection_id_idx ON saml_connections (paired_scim_connection_id);

-- A key that an identity provider signs with. Chosen by connection only, never by what a message says.
CREATE TABLE saml_idp_keys (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    saml_connection_id TEXT NOT NULL REFERENCES saml_connections (id) ON DELETE CASCADE,
    certificate TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    source TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);
CREATE UNIQUE INDEX saml_idp_keys_saml_connection_id_fingerprint_key ON saml_idp_keys (saml_connection_id, fingerprint);
CREATE INDEX saml_idp_keys_organization_id_idx ON saml_idp_keys (organization_id);

-- Assertion ids seen, each kept until it would have expired anyway plus the clock skew.
CREATE TABLE saml_assertion_replays (
    saml_connection_id TEXT NOT NULL REFERENCES saml_connections (id) ON DELETE CASCADE,
    assertion_id TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    keep_until BIGINT NOT NULL,
    PRIMARY KEY (saml_connection_id, assertion_id)
);
CREATE INDEX saml_assertion_replays_keep_until_idx ON saml_assertion_replays (keep_until);
CREATE INDEX saml_assertion_replays_organization_id_idx ON saml_assertion_replays (organization_id);

-- A bearer token of a SCIM connection; several may live, for rotation.
CREATE TABLE scim_api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    scim_connection_id TEXT NOT NULL REFERENCES scim_connections (id) ON DELETE CASCADE,
    display_name TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    token_suffix TEXT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX scim_api_keys_token_hash_key ON scim_api_keys (token_hash);
CREATE INDEX scim_api_keys_organization_id_idx ON scim_api_keys (organization_id);
CREATE INDEX scim_api_keys_scim_connection_id_idx ON scim_api_keys (scim_connection_id);

-- A person in exactly one organization.
CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    scim_connection_id TEXT REFERENCES scim_connections (id),
    external_id TEXT,
    user_name TEXT,
    user_name_folded TEXT,
    email TEXT,
    email_folded TEXT,
    display_name TEXT,
    given_name TEXT,
    family_name TEXT,
    profile_picture_url TEXT,
    owner BOOLEAN NOT NULL,
    break_glass BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    deactivated_by TEXT,
    scim_attributes TEXT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deactivated_at BIGINT,
    deleted_at BIGINT
);
CREATE UNIQUE INDEX users_organization_id_email_folded_key ON users (organization_id, email_folded) WHERE status <> 'deleted';
CREATE UNIQUE INDEX users_scim_connection_id_user_name_folded_key ON users (scim_connection_id, user_name_folded) WHERE status <> 'deleted';
CREATE INDEX users_scim_connection_id_external_id_idx ON users (scim_connection_id, external_id);
CREATE INDEX users_scim_connection_id_id_idx ON users (scim_connection_id, id);
CREATE INDEX users_organization_id_id_idx ON users (organization_id, id);

-- Every address of a user that SCIM pushed; the login address is `users.email`.
CREATE TABLE user_emails (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    value TEXT NOT NULL,
    value_folded TEXT NOT NULL,
    kind TEXT,
    is_primary BOOLEAN NOT NULL,
    PRIMARY KEY (user_id, position)
);
CREATE INDEX user_emails_organization_id_value_folded_idx ON user_emails (organization_id, value_folded);
CREATE INDEX user_emails_organization_id_user_id_idx ON user_emails (organization_id, user_id);

-- An external login linked to a user: a connection and the stable subject there (R1, R2).
CREATE TABLE identities (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    saml_connection_id TEXT REFERENCES saml_connections (id) ON DELETE CASCADE,
    oidc_connection_id TEXT REFERENCES oidc_connections (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_login_at BIGINT
);
CREATE UNIQUE INDEX identities_saml_connection_id_subject_key ON identities (saml_connection_id, subject);
CREATE UNIQUE INDEX identities_oidc_connection_id_subject_key ON identities (oidc_connection_id, subject);
CREATE INDEX identities_user_id_saml_connection_id_idx ON identities (user_id, saml_connection_id);
CREATE INDEX identities_organization_id_user_id_idx ON identities (organization_id, user_id);

-- A group pushed by SCIM or seen in SAML attributes.
CREATE TABLE groups (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    scim_connection_id TEXT REFERENCES scim_connections (id),
    saml_connection_id TEXT REFERENCES saml_connections (id),
    external_id TEXT,
    display_name TEXT NOT NULL,
    display_name_folded TEXT NOT NULL,
    scim_attributes TEXT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX groups_saml_connection_id_external_id_key ON groups (saml_connection_id, external_id) WHERE saml_connection_id IS NOT NULL;
CREATE INDEX groups_organization_id_display_name_folded_idx ON groups (organization_id, display_name_folded);
CREATE INDEX groups_scim_connection_id_external_id_idx ON groups (scim_connection_id, external_id);
CREATE INDEX groups_scim_connection_id_display_name_folded_idx ON groups (scim_connection_id, display_name_folded);
CREATE INDEX groups_scim_connection_id_id_idx ON groups (scim_connection_id, id);

-- Group membership is rows: adding one member never reads the others.
CREATE TABLE group_members (
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    member_id TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    member_user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    member_group_id TEXT REFERENCES groups (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (group_id, member_id)
);
CREATE INDEX group_members_organization_id_group_id_idx ON group_members (organization_id, group_id);
CREATE INDEX group_members_member_user_id_idx ON group_members (member_user_id);
CREATE INDEX group_members_member_group_id_idx ON group_members (member_group_id);

-- Member values that name nobody yet; resolved when a user of that value arrives on the connection.
CREATE TABLE parked_members (
    group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    value TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    scim_connection_id TEXT NOT NULL REFERENCES scim_connections (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (group_id, value)
);
CREATE INDEX parked_members_scim_connection_id_value_idx ON parked_members (scim_connection_id, value);
CREATE INDEX parked_members_organization_id_idx ON parked_members (organization_id);

-- A named permission of the host app.
CREATE TABLE actions (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX actions_project_id_name_key ON actions (project_id, name);

-- A set of actions: of the project, or custom to one organization.
CREATE TABLE roles (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    organization_id TEXT REFERENCES organizations (id),
    display_name TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX roles_project_id_idx ON roles (project_id);
CREATE INDEX roles_organization_id_idx ON roles (organization_id);

-- The actions of a role.
CREATE TABLE role_actions (
    role_id TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    action_id TEXT NOT NULL REFERENCES actions (id) ON DELETE CASCADE,
    project_id TEXT NOT NULL REFERENCES projects (id),
    PRIMARY KEY (role_id, action_id)
);
CREATE INDEX role_actions_action_id_idx ON role_actions (action_id);
CREATE INDEX role_actions_project_id_idx ON role_actions (project_id);

-- Gives a role to the members of a group, keyed by the group's stable id (R5).
CREATE TABLE role_mappings (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    group_id TEXT REFERENCES groups (id) ON DELETE CASCADE,
    connection_id TEXT NOT NULL,
    group_key TEXT NOT NULL,
    matched_by TEXT NOT NULL,
    role_id TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    suspended_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX role_mappings_connection_id_group_key_role_id_key ON role_mappings (connection_id, group_key, role_id);
CREATE INDEX role_mappings_organization_id_idx ON role_mappings (organization_id);
CREATE INDEX role_mappings_group_id_idx ON role_mappings (group_id);
CREATE INDEX role_mappings_role_id_idx ON role_mappings (role_id);

-- A role that a user has, given directly or through a mapping.
CREATE TABLE user_role_assignments (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role_id TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    role_mapping_id TEXT REFERENCES role_mappings (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX user_role_assignments_user_id_role_id_key ON user_role_assignments (user_id, role_id) WHERE role_mapping_id IS NULL;
CREATE UNIQUE INDEX user_role_assignments_user_id_role_id_role_mapping_id_key ON user_role_assignments (user_id, role_id, role_mapping_id) WHERE role_mapping_id IS NOT NULL;
CREATE INDEX user_role_assignments_organization_id_idx ON user_role_assignments (organization_id);
CREATE INDEX user_role_assignments_role_id_idx ON user_role_assignments (role_id);
CREATE INDEX user_role_assignments_role_mapping_id_idx ON user_role_assignments (role_mapping_id);

-- A login that happened. Ended rows stay for the audit until they expire.
CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash TEXT,
    primary_auth_factor TEXT NOT NULL,
    saml_connection_id TEXT REFERENCES saml_connections (id),
    oidc_connection_id TEXT REFERENCES oidc_connections (id),
    identity_id TEXT,
    auth_time BIGINT NOT NULL,
    amr TEXT NOT NULL,
    acr TEXT,
    saml_session_index TEXT,
    saml_name_id TEXT,
    impersonator_email TEXT,
    created_at BIGINT NOT NULL,
    last_active_at BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_reason TEXT
);
CREATE UNIQUE INDEX sessions_token_hash_key ON sessions (token_hash);
CREATE INDEX sessions_user_id_revoked_at_idx ON sessions (user_id, revoked_at);
CREATE INDEX sessions_organization_id_idx ON sessions (organization_id);
CREATE INDEX sessions_project_id_idx ON sessions (project_id);
CREATE INDEX sessions_saml_connection_id_saml_session_index_idx ON sessions (saml_connection_id, saml_session_index);
CREATE INDEX sessions_oidc_connection_id_idx ON sessions (oidc_connection_id);

-- A host app as an OAuth client.
CREATE TABLE oauth_clients (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    display_name TEXT NOT NULL,
    token_endpoint_auth_method TEXT NOT NULL,
    id_token_alg TEXT NOT NULL,
    initiate_login_uri TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX oauth_clients_project_id_idx ON oauth_clients (project_id);

-- A client secret; several may live, for rotation.
CREATE TABLE oauth_client_secrets (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    client_id TEXT NOT NULL REFERENCES oauth_clients (id) ON DELETE CASCADE,
    secret_hash TEXT NOT NULL,
    secret_suffix TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX oauth_client_secrets_secret_hash_key ON oauth_client_secrets (secret_hash);
CREATE INDEX oauth_client_secrets_client_id_idx ON oauth_client_secrets (client_id);
CREATE INDEX oauth_client_secrets_project_id_idx ON oauth_client_secrets (project_id);

-- The exact URIs that a client may be sent back to.
CREATE TABLE oauth_redirect_uris (
    client_id TEXT NOT NULL REFERENCES oauth_clients (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    uri TEXT NOT NULL,
    project_id TEXT NOT NULL REFERENCES projects (id),
    PRIMARY KEY (client_id, kind, uri)
);
CREATE INDEX oauth_redirect_uris_project_id_idx ON oauth_redirect_uris (project_id);

-- A refresh token, rotating with reuse detection.
CREATE TABLE refresh_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    client_id TEXT REFERENCES oauth_clients (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL,
    successor_id TEXT,
    successor_sealed TEXT,
    origin TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX refresh_tokens_token_hash_key ON refresh_tokens (token_hash);
CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_organization_id_idx ON refresh_tokens (organization_id);
CREATE INDEX refresh_tokens_client_id_idx ON refresh_tokens (client_id);

-- A one-time code (R14): 60 seconds, one use.
CREATE TABLE authorization_codes (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    code_hash TEXT NOT NULL,
    client_id TEXT NOT NULL REFERENCES oauth_clients (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    login_flow_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    code_challenge TEXT NOT NULL,
    scope TEXT NOT NULL,
    nonce TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE UNIQUE INDEX authorization_codes_code_hash_key ON authorization_codes (code_hash);
CREATE INDEX authorization_codes_expires_at_idx ON authorization_codes (expires_at);
CREATE INDEX authorization_codes_session_id_idx ON authorization_codes (session_id);
CREATE INDEX authorization_codes_organization_id_idx ON authorization_codes (organization_id);
CREATE INDEX authorization_codes_project_id_idx ON authorization_codes (project_id);
CREATE INDEX authorization_codes_client_id_idx ON authorization_codes (client_id);

-- A key that signs tokens: published before it signs, kept until its last token has expired.
CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    kid TEXT NOT NULL,
    alg TEXT NOT NULL,
    public_jwk TEXT NOT NULL,
    private_key_sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    sign_from BIGINT NOT NULL,
    sign_until BIGINT,
    publish_until BIGINT
);
CREATE UNIQUE INDEX signing_keys_project_id_kid_key ON signing_keys (project_id, kid);

-- A login in progress: one row that moves through named states and holds one immutable proof.
CREATE TABLE login_flows (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    organization_id TEXT REFERENCES organizations (id),
    state TEXT NOT NULL,
    browser_nonce_hash TEXT NOT NULL,
    client_id TEXT REFERENCES oauth_clients (id) ON DELETE CASCADE,
    redirect_uri TEXT,
    oauth_state TEXT,
    oauth_nonce TEXT,
    code_challenge TEXT,
    scope TEXT,
    requested_organization_id TEXT,
    login_hint TEXT,
    force_authn BOOLEAN NOT NULL,
    max_age_s BIGINT,
    saml_connection_id TEXT REFERENCES saml_connections (id) ON DELETE CASCADE,
    saml_request_id TEXT,
    saml_requested_at BIGINT,
    proof_method TEXT,
    proof_connection_id TEXT,
    proof_organization_id TEXT,
    proof_subject TEXT,
    proof_at BIGINT,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    session_id TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    completed_at BIGINT
);
CREATE INDEX login_flows_browser_nonce_hash_idx ON login_flows (browser_nonce_hash);
CREATE INDEX login_flows_expires_at_idx ON login_flows (expires_at);
CREATE INDEX login_flows_project_id_browser_nonce_hash_idx ON login_flows (project_id, browser_nonce_hash);
CREATE INDEX login_flows_organization_id_idx ON login_flows (organization_id);
CREATE INDEX login_flows_client_id_idx ON login_flows (client_id);
CREATE INDEX login_flows_saml_connection_id_idx ON login_flows (saml_connection_id);
CREATE INDEX login_flows_user_id_idx ON login_flows (user_id);

-- An invitation to join an organization.
CREATE TABLE user_invites (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    owner BOOLEAN NOT NULL,
    token_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    accepted_at BIGINT
);
CREATE UNIQUE INDEX user_invites_token_hash_key ON user_invites (token_hash);
CREATE UNIQUE INDEX user_invites_organization_id_email_folded_key ON user_invites (organization_id, email_folded);

-- A WebAuthn credential.
CREATE TABLE passkeys (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    aaguid TEXT NOT NULL,
    rp_id TEXT NOT NULL,
    sign_count BIGINT NOT NULL,
    disabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX passkeys_rp_id_credential_id_key ON passkeys (rp_id, credential_id);
CREATE INDEX passkeys_user_id_idx ON passkeys (user_id);
CREATE INDEX passkeys_organization_id_idx ON passkeys (organization_id);

-- A TOTP secret, sealed.
CREATE TABLE authenticator_apps (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    secret_sealed TEXT NOT NULL,
    last_step BIGINT NOT NULL,
    confirmed_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX authenticator_apps_organization_id_idx ON authenticator_apps (organization_id);

-- A password hash (Argon2id).
CREATE TABLE passwords (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX passwords_organization_id_idx ON passwords (organization_id);

-- One-time codes for a lost second factor, as keyed hashes.
CREATE TABLE recovery_codes (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    used_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX recovery_codes_user_id_code_hash_key ON recovery_codes (user_id, code_hash);
CREATE INDEX recovery_codes_organization_id_idx ON recovery_codes (organization_id);

-- Failed attempts, committed also when the attempt fails (R13).
CREATE TABLE attempt_counters (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    failures BIGINT NOT NULL,
    locked_until BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, kind)
);
CREATE INDEX attempt_counters_organization_id_idx ON attempt_counters (organization_id);

-- A key for the customer's machines.
CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    display_name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    secret_suffix TEXT NOT NULL,
    created_by_user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX api_keys_secret_hash_key ON api_keys (secret_hash);
CREATE INDEX api_keys_organization_id_idx ON api_keys (organization_id);
CREATE INDEX api_keys_created_by_user_id_idx ON api_keys (created_by_user_id);

-- A role of an API key.
CREATE TABLE api_key_role_assignments (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    api_key_id TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
    role_id TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX api_key_role_assignments_api_key_id_role_id_key ON api_key_role_assignments (api_key_id, role_id);
CREATE INDEX api_key_role_assignments_organization_id_idx ON api_key_role_assignments (organization_id);
CREATE INDEX api_key_role_assignments_role_id_idx ON api_key_role_assignments (role_id);

-- A key of the host app's back end.
CREATE TABLE backend_api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    display_name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    secret_suffix TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX backend_api_keys_secret_hash_key ON backend_api_keys (secret_hash);
CREATE INDEX backend_api_keys_project_id_idx ON backend_api_keys (project_id);

-- The public name of a project for front-end SDKs.
CREATE TABLE publishable_keys (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    display_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX publishable_keys_project_id_idx ON publishable_keys (project_id);

-- A link for a customer's IT admin: one connection, named capabilities (R23).
CREATE TABLE setup_links (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    connection_kind TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    capabilities TEXT NOT NULL,
    recipient_email TEXT,
    token_hash TEXT NOT NULL,
    session_hash TEXT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    exchanged_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX setup_links_token_hash_key ON setup_links (token_hash);
CREATE INDEX setup_links_organization_id_idx ON setup_links (organization_id);

-- Who did what to which resource, before and after. Append-only.
CREATE TABLE audit_log_events (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    organization_id TEXT REFERENCES organizations (id),
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    event_name TEXT NOT NULL,
    resource_kind TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    before_state TEXT,
    after_state TEXT,
    request_id TEXT,
    occurred_at BIGINT NOT NULL
);
CREATE INDEX audit_log_events_organization_id_occurred_at_idx ON audit_log_events (organization_id, occurred_at);
CREATE INDEX audit_log_events_project_id_occurred_at_idx ON audit_log_events (project_id, occurred_at);

-- What the host app is told. A position is given after the commit, so that a cursor cannot skip a late one.
CREATE TABLE outbox_events (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    organization_id TEXT REFERENCES organizations (id),
    position BIGINT,
    event_type TEXT NOT NULL,
    resource_kind TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    occurred_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX outbox_events_project_id_position_key ON outbox_events (project_id, position);
CREATE INDEX outbox_events_project_id_pending_idx ON outbox_events (project_id) WHERE position IS NULL;
CREATE INDEX outbox_events_organization_id_idx ON outbox_events (organization_id);

-- The last event position given in each project; its row lock orders the sequencers.
CREATE TABLE event_counters (
    project_id TEXT NOT NULL PRIMARY KEY REFERENCES projects (id),
    last_position BIGINT NOT NULL
);

-- What happened in a login attempt, check by check. Lossy, capped, kept a week.
CREATE TABLE login_traces (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    organization_id TEXT REFERENCES organizations (id),
    connection_id TEXT,
    reference_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT NOT NULL,
    email_hash TEXT,
    steps TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX login_traces_project_id_reference_id_idx ON login_traces (project_id, reference_id);
CREATE INDEX login_traces_organization_id_created_at_idx ON login_traces (organization_id, created_at);
CREATE INDEX login_traces_expires_at_idx ON login_traces (expires_at);

-- What a SCIM client asked and got, redacted. Lossy, capped, kept a week.
CREATE TABLE scim_traces (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    scim_connection_id TEXT NOT NULL REFERENCES scim_connections (id) ON DELETE CASCADE,
    reference_id TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status BIGINT NOT NULL,
    rewrites TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX scim_traces_scim_connection_id_created_at_idx ON scim_traces (scim_connection_id, created_at);
CREATE INDEX scim_traces_organization_id_idx ON scim_traces (organization_id);
CREATE INDEX scim_traces_expires_at_idx ON scim_traces (expires_at);

-- How often each dialect rewrite was applied for a connection.
CREATE TABLE scim_rewrite_counts (
    scim_connection_id TEXT NOT NULL REFERENCES scim_connections (id) ON DELETE CASCADE,
    rewrite TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    count BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (scim_connection_id, rewrite)
);
CREATE INDEX scim_rewrite_counts_organization_id_idx ON scim_rewrite_counts (organization_id);
