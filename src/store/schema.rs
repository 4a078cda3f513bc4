//! The tables, shared by both databases: text ids, milliseconds as `BigInt`, JSON as text.

diesel::table! {
    /// A named permission of the host app.
    actions (id) {
        id -> Text,
        project_id -> Text,
        name -> Text,
        description -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    /// A role of an API key.
    api_key_role_assignments (id) {
        id -> Text,
        organization_id -> Text,
        api_key_id -> Text,
        role_id -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    /// A key for the customer's machines.
    api_keys (id) {
        id -> Text,
        organization_id -> Text,
        display_name -> Text,
        secret_hash -> Text,
        secret_suffix -> Text,
        created_by_user_id -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// Failed attempts, committed also when the attempt fails (R13).
    attempt_counters (user_id, kind) {
        user_id -> Text,
        kind -> Text,
        organization_id -> Text,
        failures -> BigInt,
        locked_until -> Nullable<BigInt>,
        updated_at -> BigInt,
    }
}

diesel::table! {
    /// Who did what to which resource, before and after. Append-only.
    audit_log_events (id) {
        id -> Text,
        project_id -> Text,
        organization_id -> Nullable<Text>,
        actor_kind -> Text,
        actor_id -> Nullable<Text>,
        event_name -> Text,
        resource_kind -> Text,
        resource_id -> Text,
        before_state -> Nullable<Text>,
        after_state -> Nullable<Text>,
        request_id -> Nullable<Text>,
        occurred_at -> BigInt,
    }
}

diesel::table! {
    /// A TOTP secret, sealed.
    authenticator_apps (user_id) {
        user_id -> Text,
        organization_id -> Text,
        secret_sealed -> Text,
        last_step -> BigInt,
        confirmed_at -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    /// A one-time code (R14): 60 seconds, one use.
    authorization_codes (id) {
        id -> Text,
        project_id -> Text,
        organization_id -> Text,
        code_hash -> Text,
        client_id -> Text,
        session_id -> Text,
        login_flow_id -> Text,
        redirect_uri -> Text,
        code_challenge -> Text,
        scope -> Text,
        nonce -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// A key of the host app's back end.
    backend_api_keys (id) {
        id -> Text,
        project_id -> Text,
        display_name -> Text,
        secret_hash -> Text,
        secret_suffix -> Text,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// A mail domain of an organization, proved by a DNS TXT record or set by the operator (R19).
    domains (id) {
        id -> Text,
        project_id -> Text,
        organization_id -> Text,
        name -> Text,
        txt_value -> Text,
        method -> Text,
        shared -> Bool,
        verified_at -> Nullable<BigInt>,
        last_checked_at -> Nullable<BigInt>,
        failing_since -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    /// The last event position given in each project; its row lock orders the sequencers.
    event_counters (project_id) {
        project_id -> Text,
        last_position -> BigInt,
    }
}

diesel::table! {
    /// Group membership is rows: adding one member never reads the others.
    group_members (group_id, member_id) {
        group_id -> Text,
        member_id -> Text,
        organization_id -> Text,
        member_user_id -> Nullable<Text>,
        member_group_id -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    /// A group pushed by SCIM or seen in SAML attributes.
    groups (id) {
        id -> Text,
        organization_id -> Text,
        scim_connection_id -> Nullable<Text>,
        saml_connection_id -> Nullable<Text>,
        external_id -> Nullable<Text>,
        display_name -> Text,
        display_name_folded -> Text,
        scim_attributes -> Nullable<Text>,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    /// An external login linked to a user: a connection and the stable subject there (R1, R2).
    identities (id) {
        id -> Text,
        organization_id -> Text,
        user_id -> Text,
        saml_connection_id -> Nullable<Text>,
        oidc_connection_id -> Nullable<Text>,
        provider -> Text,
        subject -> Text,
        subject_kind -> Text,
        created_at -> BigInt,
        last_login_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// A login in progress: one row that moves through named states and holds one immutable proof.
    login_flows (id) {
        id -> Text,
        project_id -> Text,
        organization_id -> Nullable<Text>,
        state -> Text,
        browser_nonce_hash -> Text,
        client_id -> Nullable<Text>,
        redirect_uri -> Nullable<Text>,
        oauth_state -> Nullable<Text>,
        oauth_nonce -> Nullable<Text>,
        code_challenge -> Nullable<Text>,
        scope -> Nullable<Text>,
        requested_organization_id -> Nullable<Text>,
        login_hint -> Nullable<Text>,
        force_authn -> Bool,
        max_age_s -> Nullable<BigInt>,
        saml_connection_id -> Nullable<Text>,
        saml_request_id -> Nullable<Text>,
        saml_requested_at -> Nullable<BigInt>,
        proof_method -> Nullable<Text>,
        proof_connection_id -> Nullable<Text>,
        proof_organization_id -> Nullable<Text>,
        proof_subject -> Nullable<Text>,
        proof_at -> Nullable<BigInt>,
        user_id -> Nullable<Text>,
        session_id -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
        completed_at -> Nullable<BigInt>,
        passive -> Bool,
        pending -> Nullable<Text>,
    }
}

diesel::table! {
    /// What happened in a login attempt, check by check. Lossy, capped, kept a week.
    login_traces (id) {
        id -> Text,
        project_id -> Text,
        organization_id -> Nullable<Text>,
        connection_id -> Nullable<Text>,
        reference_id -> Text,
        outcome -> Text,
        code -> Text,
        email_hash -> Nullable<Text>,
        steps -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        message -> Nullable<Text>,
    }
}

diesel::table! {
    /// A client secret; several may live, for rotation.
    oauth_client_secrets (id) {
        id -> Text,
        project_id -> Text,
        client_id -> Text,
        secret_hash -> Text,
        secret_suffix -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// A host app as an OAuth client.
    oauth_clients (id) {
        id -> Text,
        project_id -> Text,
        display_name -> Text,
        token_endpoint_auth_method -> Text,
        id_token_alg -> Text,
        initiate_login_uri -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// The exact URIs that a client may be sent back to.
    oauth_redirect_uris (client_id, kind, uri) {
        client_id -> Text,
        kind -> Text,
        uri -> Text,
        project_id -> Text,
    }
}

diesel::table! {
    /// An organization's OpenID Connect identity provider.
    oidc_connections (id) {
        id -> Text,
        organization_id -> Text,
        display_name -> Text,
        provider -> Text,
        status -> Text,
        issuer -> Text,
        client_id -> Text,
        client_secret_sealed -> Nullable<Text>,
        discovery -> Nullable<Text>,
        subject_claim -> Text,
        jit_provisioning -> Nullable<Bool>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    /// A customer: the tenant. It decides how its users sign in.
    organizations (id) {
        id -> Text,
        project_id -> Text,
        external_id -> Nullable<Text>,
        display_name -> Text,
        status -> Text,
        log_in_with_google -> Bool,
        log_in_with_microsoft -> Bool,
        log_in_with_github -> Bool,
        log_in_with_email -> Bool,
        log_in_with_password -> Bool,
        log_in_with_saml -> Bool,
        log_in_with_oidc -> Bool,
        log_in_with_authenticator_app -> Bool,
        log_in_with_passkey -> Bool,
        require_mfa -> Bool,
        scim_enabled -> Bool,
        custom_roles_enabled -> Bool,
        api_keys_enabled -> Bool,
        impersonation_allowed -> Bool,
        session_idle_ms -> Nullable<BigInt>,
        session_absolute_ms -> Nullable<BigInt>,
        google_hosted_domains -> Text,
        microsoft_tenant_ids -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    /// What the host app is told. A position is given after the commit, so that a cursor cannot skip a late one.
    outbox_events (id) {
        id -> Text,
        project_id -> Text,
        organization_id -> Nullable<Text>,
        position -> Nullable<BigInt>,
        event_type -> Text,
        resource_kind -> Text,
        resource_id -> Text,
        payload -> Text,
        occurred_at -> BigInt,
    }
}

diesel::table! {
    /// Member values that name nobody yet; resolved when a user of that value arrives on the connection.
    parked_members (group_id, value) {
        group_id -> Text,
        value -> Text,
        organization_id -> Text,
        scim_connection_id -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    /// A WebAuthn credential.
    passkeys (id) {
        id -> Text,
        organization_id -> Text,
        user_id -> Text,
        credential_id -> Text,
        public_key -> Text,
        aaguid -> Text,
        rp_id -> Text,
        sign_count -> BigInt,
        disabled -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    /// A password hash (Argon2id).
    passwords (user_id) {
        user_id -> Text,
        organization_id -> Text,
        hash -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    /// The host names under which a project answers; a request for any other gets 421.
    project_hosts (host) {
        host -> Text,
        project_id -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    /// A project: one environment of a host app. The root of every tenant.
    projects (id) {
        id -> Text,
        display_name -> Text,
        public_url -> Text,
        dev_mode -> Bool,
        shared_domains -> Bool,
        session_idle_ms -> BigInt,
        session_absolute_ms -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    /// The public name of a project for front-end SDKs.
    publishable_keys (id) {
        id -> Text,
        project_id -> Text,
        display_name -> Text,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// One-time codes for a lost second factor, as keyed hashes.
    recovery_codes (id) {
        id -> Text,
        organization_id -> Text,
        user_id -> Text,
        code_hash -> Text,
        used_at -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    /// A refresh token, rotating with reuse detection.
    refresh_tokens (id) {
        id -> Text,
        organization_id -> Text,
        session_id -> Text,
        client_id -> Nullable<Text>,
        token_hash -> Text,
        successor_id -> Nullable<Text>,
        successor_sealed -> Nullable<Text>,
        origin -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        scope -> Text,
    }
}

diesel::table! {
    /// The actions of a role.
    role_actions (role_id, action_id) {
        role_id -> Text,
        action_id -> Text,
        project_id -> Text,
    }
}

diesel::table! {
    /// Gives a role to the members of a group, keyed by the group's stable id (R5).
    role_mappings (id) {
        id -> Text,
        organization_id -> Text,
        group_id -> Nullable<Text>,
        connection_id -> Text,
        group_key -> Text,
        matched_by -> Text,
        role_id -> Text,
        suspended_at -> Nullable<BigInt>,
        created_at -> BigInt,
        attribute_name -> Nullable<Text>,
    }
}

diesel::table! {
    /// A set of actions: of the project, or custom to one organization.
    roles (id) {
        id -> Text,
        project_id -> Text,
        organization_id -> Nullable<Text>,
        display_name -> Text,
        description -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    /// Assertion ids seen, each kept until it would have expired anyway plus the clock skew.
    saml_assertion_replays (saml_connection_id, assertion_id) {
        saml_connection_id -> Text,
        assertion_id -> Text,
        organization_id -> Text,
        keep_until -> BigInt,
    }
}

diesel::table! {
    /// Which of our keys a connection's provider encrypts to.
    saml_connection_keys (saml_connection_id, saml_sp_key_id) {
        saml_connection_id -> Text,
        saml_sp_key_id -> Text,
        organization_id -> Text,
    }
}

diesel::table! {
    /// An organization's SAML identity provider.
    saml_connections (id) {
        id -> Text,
        organization_id -> Text,
        display_name -> Text,
        provider -> Text,
        status -> Text,
        is_primary -> Bool,
        idp_entity_id -> Text,
        idp_sso_redirect_url -> Nullable<Text>,
        idp_sso_post_url -> Nullable<Text>,
        idp_slo_url -> Nullable<Text>,
        idp_wants_signed_requests -> Bool,
        metadata_url -> Nullable<Text>,
        metadata_fetched_at -> Nullable<BigInt>,
        metadata_valid_until -> Nullable<BigInt>,
        subject_attribute -> Nullable<Text>,
        attribute_map -> Text,
        clock_skew_ms -> BigInt,
        allow_idp_initiated -> Bool,
        jit_provisioning -> Nullable<Bool>,
        force_authn -> Bool,
        inclusive_c14n -> Bool,
        allow_sha1 -> Bool,
        paired_scim_connection_id -> Nullable<Text>,
        paired_attribute -> Nullable<Text>,
        options -> Text,
        refresh_at -> Nullable<BigInt>,
        refreshed_on_failure_at -> Nullable<BigInt>,
        held_metadata -> Nullable<Text>,
        metadata_problem -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        allow_triple_des -> Bool,
    }
}

diesel::table! {
    /// Sessions at providers that have been logged out: an assertion of one of them that comes later is refused.
    saml_ended_sessions (saml_connection_id, session_key) {
        saml_connection_id -> Text,
        session_key -> Text,
        organization_id -> Text,
        ended_at -> BigInt,
        keep_until -> BigInt,
    }
}

diesel::table! {
    /// A key that an identity provider signs with. Chosen by connection only, never by what a message says.
    saml_idp_keys (id) {
        id -> Text,
        organization_id -> Text,
        saml_connection_id -> Text,
        certificate -> Text,
        fingerprint -> Text,
        not_before -> BigInt,
        not_after -> BigInt,
        source -> Text,
        created_at -> BigInt,
        retired_at -> Nullable<BigInt>,
        warned_days -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// A LogoutRequest of ours that a browser was sent to the provider with.
    saml_logout_requests (id) {
        id -> Text,
        organization_id -> Text,
        saml_connection_id -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    /// A key of ours for signing requests or decrypting assertions, with rollover.
    saml_sp_keys (id) {
        id -> Text,
        project_id -> Text,
        purpose -> Text,
        certificate -> Text,
        private_key_sealed -> Text,
        not_after -> BigInt,
        created_at -> BigInt,
        retired_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// A bearer token of a SCIM connection; several may live, for rotation.
    scim_api_keys (id) {
        id -> Text,
        organization_id -> Text,
        scim_connection_id -> Text,
        display_name -> Text,
        token_hash -> Text,
        token_suffix -> Text,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
        scim_oauth_client_id -> Nullable<Text>,
        warned_at -> Nullable<BigInt>,
        setup_link_id -> Nullable<Text>,
    }
}

diesel::table! {
    /// A source of provisioning. It writes only what it created or adopted (R20).
    scim_connections (id) {
        id -> Text,
        organization_id -> Text,
        display_name -> Text,
        status -> Text,
        is_default -> Bool,
        strict -> Bool,
        provider -> Text,
        hold_enabled -> Bool,
        hold_threshold -> BigInt,
        held_until -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
        requests_per_second -> BigInt,
        custom_schemas -> BigInt,
        alarmed_at -> Nullable<BigInt>,
        released_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// An OAuth client of a SCIM connection, for providers that fetch their tokens (RFC 6749 section 4.4).
    scim_oauth_clients (id) {
        id -> Text,
        organization_id -> Text,
        scim_connection_id -> Text,
        display_name -> Text,
        secret_hash -> Text,
        secret_suffix -> Text,
        revoked_at -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    /// How often each dialect rewrite was applied for a connection.
    scim_rewrite_counts (scim_connection_id, rewrite) {
        scim_connection_id -> Text,
        rewrite -> Text,
        organization_id -> Text,
        count -> BigInt,
        last_at -> BigInt,
    }
}

diesel::table! {
    /// A schema that an organization has registered, with typed attributes.
    scim_schemas (organization_id, urn_folded) {
        organization_id -> Text,
        urn_folded -> Text,
        resource_type -> Text,
        definition -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    /// What a SCIM client asked and got, redacted. Lossy, capped, kept a week.
    scim_traces (id) {
        id -> Text,
        organization_id -> Text,
        scim_connection_id -> Text,
        reference_id -> Text,
        method -> Text,
        path -> Text,
        status -> BigInt,
        rewrites -> Text,
        body -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    /// A login that happened. Ended rows stay for the audit until they expire.
    sessions (id) {
        id -> Text,
        project_id -> Text,
        organization_id -> Text,
        user_id -> Text,
        token_hash -> Nullable<Text>,
        primary_auth_factor -> Text,
        saml_connection_id -> Nullable<Text>,
        oidc_connection_id -> Nullable<Text>,
        identity_id -> Nullable<Text>,
        auth_time -> BigInt,
        amr -> Text,
        acr -> Nullable<Text>,
        saml_session_index -> Nullable<Text>,
        saml_name_id -> Nullable<Text>,
        impersonator_email -> Nullable<Text>,
        created_at -> BigInt,
        last_active_at -> BigInt,
        idle_expires_at -> BigInt,
        expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        revoked_reason -> Nullable<Text>,
    }
}

diesel::table! {
    /// The facts about this installation itself, such as whether it was made by `demo`.
    settings (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    /// A link for a customer's IT admin: one connection, named capabilities (R23).
    setup_links (id) {
        id -> Text,
        organization_id -> Text,
        capabilities -> Text,
        recipient_email -> Nullable<Text>,
        token_hash -> Text,
        session_hash -> Nullable<Text>,
        created_by -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        exchanged_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        saml_connection_id -> Nullable<Text>,
        scim_connection_id -> Nullable<Text>,
        provider -> Nullable<Text>,
        metadata_fetches -> BigInt,
    }
}

diesel::table! {
    /// Metadata of several identity providers, kept until the administrator has said which of them it is.
    setup_metadata (setup_link_id) {
        setup_link_id -> Text,
        organization_id -> Text,
        document -> Text,
        metadata_url -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    /// The last check of a SCIM connection, step by step.
    scim_checks (scim_connection_id) {
        scim_connection_id -> Text,
        organization_id -> Text,
        passed -> Nullable<Bool>,
        report -> Nullable<Text>,
        begun_at -> BigInt,
        finished_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// A test login of a setup link: every check of it, and no user, identity or session.
    saml_test_logins (id) {
        id -> Text,
        organization_id -> Text,
        setup_link_id -> Text,
        saml_connection_id -> Text,
        nonce_hash -> Text,
        request_id -> Text,
        passed -> Nullable<Bool>,
        report_sealed -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
        completed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// A key that signs tokens: published before it signs, kept until its last token has expired.
    signing_keys (id) {
        id -> Text,
        project_id -> Text,
        kid -> Text,
        alg -> Text,
        public_jwk -> Text,
        private_key_sealed -> Text,
        created_at -> BigInt,
        sign_from -> BigInt,
        sign_until -> Nullable<BigInt>,
        publish_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// Every address of a user that SCIM pushed; the login address is `users.email`.
    user_emails (user_id, position) {
        user_id -> Text,
        position -> BigInt,
        organization_id -> Text,
        value -> Text,
        value_folded -> Text,
        kind -> Nullable<Text>,
        is_primary -> Bool,
        has_value -> Bool,
    }
}

diesel::table! {
    /// An invitation to join an organization.
    user_invites (id) {
        id -> Text,
        organization_id -> Text,
        email -> Text,
        email_folded -> Text,
        owner -> Bool,
        token_hash -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        expires_at -> BigInt,
        accepted_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// A role that a user has, given directly or through a mapping.
    user_role_assignments (id) {
        id -> Text,
        organization_id -> Text,
        user_id -> Text,
        role_id -> Text,
        role_mapping_id -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    /// A person in exactly one organization.
    users (id) {
        id -> Text,
        organization_id -> Text,
        scim_connection_id -> Nullable<Text>,
        external_id -> Nullable<Text>,
        user_name -> Nullable<Text>,
        user_name_folded -> Nullable<Text>,
        email -> Nullable<Text>,
        email_folded -> Nullable<Text>,
        display_name -> Nullable<Text>,
        given_name -> Nullable<Text>,
        family_name -> Nullable<Text>,
        profile_picture_url -> Nullable<Text>,
        owner -> Bool,
        break_glass -> Bool,
        status -> Text,
        deactivated_by -> Nullable<Text>,
        scim_attributes -> Nullable<Text>,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        deactivated_at -> Nullable<BigInt>,
        deleted_at -> Nullable<BigInt>,
        scim_display_name_folded -> Nullable<Text>,
        active_assigned -> Bool,
        held_until -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    actions,
    api_key_role_assignments,
    api_keys,
    attempt_counters,
    audit_log_events,
    authenticator_apps,
    authorization_codes,
    backend_api_keys,
    domains,
    event_counters,
    group_members,
    groups,
    identities,
    login_flows,
    login_traces,
    oauth_client_secrets,
    oauth_clients,
    oauth_redirect_uris,
    oidc_connections,
    organizations,
    outbox_events,
    parked_members,
    passkeys,
    passwords,
    project_hosts,
    projects,
    publishable_keys,
    recovery_codes,
    refresh_tokens,
    role_actions,
    role_mappings,
    roles,
    saml_assertion_replays,
    saml_connection_keys,
    saml_connections,
    saml_ended_sessions,
    saml_idp_keys,
    saml_logout_requests,
    saml_sp_keys,
    scim_api_keys,
    scim_checks,
    scim_connections,
    scim_oauth_clients,
    scim_rewrite_counts,
    scim_schemas,
    scim_traces,
    sessions,
    settings,
    saml_test_logins,
    setup_links,
    setup_metadata,
    signing_keys,
    user_emails,
    user_invites,
    user_role_assignments,
    users,
);
