//! The discovery documents (RFC 7643 sections 5 to 7, RFC 7644 section 4), generated from the table.

use serde_json::{Value, json};

use super::{Attribute, Catalog, Kind, ResourceType, Schema};

/// What the server allows, as advertised.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most resources on one page.
    pub max_results: usize,
    /// The resources on a page where the client names no number.
    pub default_results: usize,
    /// How long a cursor lives, in seconds.
    pub cursor_timeout: i64,
    /// The most operations of a bulk request.
    pub max_operations: usize,
    /// The largest body of a bulk request in bytes.
    pub max_payload: usize,
}

/// `/ServiceProviderConfig` (RFC 7643 section 5, RFC 9865 section 4). `base` is the address of the SCIM server without
/// a slash at the end.
pub fn service_provider_config_json(base: &str, limits: Limits) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": {
            "supported": true,
            "maxOperations": limits.max_operations,
            "maxPayloadSize": limits.max_payload
        },
        "filter": { "supported": true, "maxResults": limits.max_results },
        "changePassword": { "supported": false },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": limits.default_results,
            "maxPageSize": limits.max_results,
            "cursorTimeout": limits.cursor_timeout
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "The token of the SCIM connection in the Authorization header (RFC 6750).",
            "primary": true
        }, {
            "type": "oauth2",
            "name": "OAuth 2.0 client credentials",
            "description": format!(
                "A client of the SCIM connection gets a bearer token of an hour at {base}/oauth/token (RFC 6749 section 4.4)."
            ),
            "specUri": "https://www.rfc-editor.org/rfc/rfc6749"
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base}/ServiceProviderConfig")
        }
    })
}

/// The resources of `/ResourceTypes`.
pub fn resource_types_json(catalog: Catalog, base: &str) -> Vec<Value> {
    catalog.types().into_iter().map(|kind| resource_type(kind, base)).collect()
}

/// `/ResourceTypes/{name}`; `None` where there is no such type.
pub fn resource_type_json(catalog: Catalog, base: &str, name: &str) -> Option<Value> {
    let found = catalog.types().into_iter().find(|kind| kind.name.eq_ignore_ascii_case(name));
    found.map(|kind| resource_type(kind, base))
}

/// The resources of `/Schemas`.
pub fn schemas_json(catalog: Catalog, base: &str) -> Vec<Value> {
    all_schemas(catalog).map(|found| schema(found, base)).collect()
}

/// `/Schemas/{urn}`; `None` where there is no such schema.
pub fn schema_json(catalog: Catalog, base: &str, urn: &str) -> Option<Value> {
    all_schemas(catalog).find(|found| found.id.eq_ignore_ascii_case(urn)).map(|found| schema(found, base))
}

fn all_schemas(catalog: Catalog) -> impl Iterator<Item = &'static Schema> {
    let types = catalog.types().into_iter();
    types.flat_map(|kind| std::iter::once(kind.schema).chain(kind.extensions.iter().copied()))
}

fn resource_type(kind: &ResourceType, base: &str) -> Value {
    let extensions: Vec<_> =
        kind.extensions.iter().map(|e| json!({ "schema": e.id, "required": false })).collect();
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": kind.name,
        "name": kind.name,
        "endpoint": kind.endpoint,
        "description": kind.description,
        "schema": kind.schema.id,
        // An empty list is told too: UnboundID's SDK takes a missing one for null, and who loops over it fails.
        "schemaExtensions": extensions,
        "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{}", kind.name) }
    })
}

fn schema(schema: &Schema, base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": attributes(schema.attributes),
        "meta": { "resourceType": "Schema", "location": format!("{base}/Schemas/{}", schema.id) }
    })
}

fn attributes(table: &[Attribute]) -> Vec<Value> {
    table.iter().map(attribute).collect()
}

/// Characteristics that do not apply are left out, never null: Entra refuses a schema with nulls.
fn attribute(attribute: &Attribute) -> Value {
    let mut body = json!({
        "name": attribute.name,
        "type": attribute.kind.as_str(),
        "multiValued": attribute.multi_valued,
        "description": attribute.description,
        "required": attribute.required,
        "caseExact": attribute.case_exact,
        "mutability": attribute.mutability.as_str(),
        "returned": attribute.returned.as_str(),
        "uniqueness": attribute.uniqueness.as_str(),
    });
    if !attribute.canonical_values.is_empty() {
        body["canonicalValues"] = json!(attribute.canonical_values);
    }
    if attribute.kind == Kind::Reference {
        body["referenceTypes"] = json!(attribute.reference_types);
    }
    if attribute.kind == Kind::Complex {
        body["subAttributes"] = Value::Array(attributes(attribute.sub_attributes));
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_null(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Array(items) => items.iter().any(has_null),
            Value::Object(map) => map.values().any(has_null),
            _ => false,
        }
    }

    #[test]
    fn scim_010_schemas_hold_no_null_and_every_characteristic() {
        let schemas = schemas_json(Catalog::STANDARD, "https://x.example/scim");
        assert_eq!(schemas.len(), 3);
        for schema in &schemas {
            assert!(!has_null(schema), "{schema}");
            for attribute in schema["attributes"].as_array().unwrap() {
                for name in
                    ["type", "multiValued", "required", "caseExact", "mutability", "returned", "uniqueness"]
                {
                    assert!(!attribute[name].is_null(), "{name} of {attribute}");
                }
            }
        }
        let password = schemas[0]["attributes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["name"] == "password")
            .unwrap();
        assert_eq!((&password["mutability"], &password["returned"]), (&json!("writeOnly"), &json!("never")));
    }

    #[test]
    fn scim_009_resource_types_name_their_schemas() {
        insta::assert_json_snapshot!(resource_type_json(Catalog::STANDARD, "https://x.example/scim", "user"), @r#"
        {
          "description": "User account",
          "endpoint": "/Users",
          "id": "User",
          "meta": {
            "location": "https://x.example/scim/ResourceTypes/User",
            "resourceType": "ResourceType"
          },
          "name": "User",
          "schema": "urn:ietf:params:scim:schemas:core:2.0:User",
          "schemaExtensions": [
            {
              "required": false,
              "schema": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
            }
          ],
          "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
          ]
        }
        "#);
        assert!(resource_type_json(Catalog::STANDARD, "x", "Device").is_none());
    }

    #[test]
    fn scim_008_the_configuration_promises_only_what_works() {
        let limits = Limits {
            max_results: 200,
            default_results: 100,
            cursor_timeout: 60,
            max_operations: 10,
            max_payload: 1_000,
        };
        let config = service_provider_config_json("https://x.example/scim", limits);
        for name in ["patch", "bulk", "filter", "sort", "etag"] {
            assert_eq!(config[name]["supported"], true, "{name}");
        }
        assert_eq!(config["changePassword"]["supported"], false);
        assert_eq!(
            (&config["filter"]["maxResults"], &config["bulk"]["maxOperations"]),
            (&json!(200), &json!(10))
        );
        assert_eq!(config["pagination"]["defaultPaginationMethod"], "index");
    }
}
