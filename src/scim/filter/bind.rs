//! Binding: a filter checked against the attribute table. What comes out has canonical names and values of the
//! attributes' types, so that whoever runs it, in SQL or in memory, need not think about spelling.

use super::{AttrPath, CompareOp, CompareValue, Filter, FilterError, Tolerance, Tolerances, instant};
use crate::scim::schema::{Attribute, Kind, ResourceType, Returned};

/// A filter that fits a resource type. Only [`bind`] makes one.
///
/// Its paths are canonical: no schema for the base schema and the common attributes, the URN for an extension;
/// and a comparison never ends at a complex attribute, but at its `value`.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundFilter(Filter);

impl BoundFilter {
    /// The tree.
    pub fn ast(&self) -> &Filter {
        &self.0
    }
}

/// Checks the filter against the table, whatever it has beside the grammar.
pub fn bind(filter: &Filter, resource_type: &'static ResourceType) -> Result<BoundFilter, FilterError> {
    bind_noting(filter, resource_type, &mut Tolerances::new())
}

/// The same, and says what it has beside the grammar.
pub fn bind_noting(
    filter: &Filter,
    resource_type: &'static ResourceType,
    met: &mut Tolerances,
) -> Result<BoundFilter, FilterError> {
    Ok(BoundFilter(walk(filter, Scope::Resource(resource_type), met)?))
}

/// The same for the inside of a value path on the multi-valued attribute.
pub(in crate::scim) fn bind_element(
    filter: &Filter,
    attribute: &'static Attribute,
    met: &mut Tolerances,
) -> Result<Filter, FilterError> {
    walk(filter, Scope::Element(attribute), met)
}

/// What the paths are relative to.
#[derive(Clone, Copy)]
enum Scope {
    Resource(&'static ResourceType),
    Element(&'static Attribute),
}

fn walk(filter: &Filter, scope: Scope, met: &mut Tolerances) -> Result<Filter, FilterError> {
    let mut all = |members: &[Filter]| {
        members.iter().map(|member| walk(member, scope, met)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match filter {
        Filter::And(members) => Filter::and(all(members)?),
        Filter::Or(members) => Filter::or(all(members)?),
        Filter::Not(inner) => Filter::Not(Box::new(walk(inner, scope, met)?)),
        Filter::Present(path) => Filter::Present(resolve(path, scope)?.0),
        Filter::Compare { path, op, value } => compare(path, *op, value, scope, met)?,
        Filter::ValuePath { path, filter } => value_path(path, filter, scope, met)?,
    })
}

fn value_path(
    path: &AttrPath,
    filter: &Filter,
    scope: Scope,
    met: &mut Tolerances,
) -> Result<Filter, FilterError> {
    let (canonical, attribute) = resolve(path, scope)?;
    if !attribute.multi_valued || attribute.kind != Kind::Complex {
        return Err(FilterError::NotSelectable(canonical.to_string()));
    }
    Ok(Filter::ValuePath { path: canonical, filter: Box::new(bind_element(filter, attribute, met)?) })
}

fn compare(
    path: &AttrPath,
    op: CompareOp,
    value: &CompareValue,
    scope: Scope,
    met: &mut Tolerances,
) -> Result<Filter, FilterError> {
    let (mut path, mut attribute) = resolve(path, scope)?;
    // A complex attribute stands for its `value`. RFC 7644 section 3.4.2.2 names sub-attributes alone, but has
    // `emails co "example.com"` among its examples.
    if attribute.kind == Kind::Complex && *value != CompareValue::Null {
        match attribute.sub_attribute("value") {
            Some(sub) => {
                met.extend((op != CompareOp::Co).then_some(Tolerance::ComplexCompared));
                (attribute, path.sub) = (sub, Some(sub.name.to_owned()));
            }
            None => return Err(wrong_type(&path, attribute)),
        }
    }
    check_operator(&path, attribute, op, value)?;
    let mut value = coerce(attribute, value, met).ok_or_else(|| wrong_type(&path, attribute))?;
    if let (Kind::DateTime, CompareValue::String(text)) = (attribute.kind, &mut value)
        && matches!(op, CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le)
    {
        *text = in_order(text).ok_or_else(|| wrong_type(&path, attribute))?;
    }
    Ok(Filter::Compare { path, op, value })
}

fn wrong_type(path: &AttrPath, attribute: &Attribute) -> FilterError {
    FilterError::WrongType { path: path.to_string(), kind: attribute.kind.as_str() }
}

/// The canonical path and the attribute at its end.
fn resolve(path: &AttrPath, scope: Scope) -> Result<(AttrPath, &'static Attribute), FilterError> {
    let unknown = || FilterError::UnknownAttribute(path.to_string());
    let (canonical, attribute) = match scope {
        Scope::Resource(resource_type) => {
            let found = resource_type.find(path).ok_or_else(unknown)?;
            (found.path(), found.leaf())
        }
        Scope::Element(parent) => {
            let plain = path.schema.is_none() && path.sub.is_none();
            let sub = parent.sub_attribute(&path.name).filter(|_| plain).ok_or_else(unknown)?;
            (AttrPath::name(sub.name), sub)
        }
    };
    if attribute.returned == Returned::Never {
        return Err(FilterError::Sensitive(canonical.to_string()));
    }
    Ok((canonical, attribute))
}

/// Booleans and binaries have no order (RFC 7644 table 3), numbers and times no substrings, and nothing has an
/// order with null.
fn check_operator(
    path: &AttrPath,
    attribute: &Attribute,
    op: CompareOp,
    value: &CompareValue,
) -> Result<(), FilterError> {
    use CompareOp::{Co, Eq, Ew, Ge, Gt, Le, Lt, Ne, Sw};
    let allowed = match attribute.kind {
        _ if matches!(op, Eq | Ne) => true,
        _ if *value == CompareValue::Null => false,
        Kind::String | Kind::Reference => true,
        Kind::Decimal | Kind::Integer => matches!(op, Gt | Ge | Lt | Le),
        // Text operators on a time are seen in practice (`sw "2026-01"`) and are answered on its text.
        Kind::DateTime => matches!(op, Gt | Ge | Lt | Le | Co | Sw | Ew),
        Kind::Boolean | Kind::Binary | Kind::Complex => false,
    };
    if allowed { Ok(()) } else { Err(FilterError::WrongOperator { path: path.to_string(), op: op.as_str() }) }
}

/// The value in the attribute's type: `"True"` for a boolean and an unquoted number for a text are what
/// providers send. `None` where it can never be of that type.
fn coerce(attribute: &Attribute, value: &CompareValue, met: &mut Tolerances) -> Option<CompareValue> {
    let mut beside = None;
    let coerced = match (attribute.kind, value) {
        (_, CompareValue::Null) => CompareValue::Null,
        (Kind::Boolean, CompareValue::Bool(_)) => value.clone(),
        (Kind::Boolean, CompareValue::String(text)) if text.eq_ignore_ascii_case("true") => {
            beside = Some(Tolerance::BooleanText);
            CompareValue::Bool(true)
        }
        (Kind::Boolean, CompareValue::String(text)) if text.eq_ignore_ascii_case("false") => {
            beside = Some(Tolerance::BooleanText);
            CompareValue::Bool(false)
        }
        (Kind::Decimal | Kind::Integer, CompareValue::Number(_)) => value.clone(),
        (Kind::Decimal | Kind::Integer, CompareValue::String(text)) => {
            beside = Some(Tolerance::NumberText);
            CompareValue::Number(serde_json::from_str(text).ok()?)
        }
        (Kind::String | Kind::Reference | Kind::Binary | Kind::DateTime, CompareValue::String(_)) => {
            value.clone()
        }
        (Kind::String | Kind::Reference, CompareValue::Number(number)) => {
            beside = Some(Tolerance::NumberText);
            CompareValue::String(number.to_string())
        }
        (Kind::String | Kind::Reference, CompareValue::Bool(bool)) => {
            beside = Some(Tolerance::UnquotedText);
            CompareValue::String(bool.to_string())
        }
        _ => return None,
    };
    met.extend(beside);
    Some(coerced)
}

/// What times have an order with: an instant, or a date, which begins at midnight. Anything else would be compared as text,
/// and find whatever comes before it in the alphabet.
fn in_order(text: &str) -> Option<String> {
    let midnight = || Some(format!("{text}T00:00:00Z")).filter(|text| instant(text).is_some());
    if instant(text).is_some() { Some(text.to_owned()) } else { midnight() }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use crate::scim::schema::USER;

    fn bound(text: &str) -> Result<String, FilterError> {
        Ok(bind(&parse(text)?, &USER)?.ast().to_string())
    }

    #[test]
    fn names_become_canonical_and_values_typed() {
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let cases = [
            ("USERNAME eq \"x\"".to_owned(), "userName eq \"x\"".to_owned()),
            ("urn:ietf:params:scim:schemas:core:2.0:User:userName eq x".into(), "userName eq \"x\"".into()),
            (format!("{}:department pr", urn.to_lowercase()), format!("{urn}:department pr")),
            ("active eq \"True\"".into(), "active eq true".into()),
            ("externalId eq 12345".into(), "externalId eq \"12345\"".into()),
            ("emails[Primary eq \"true\"]".into(), "emails[primary eq true]".into()),
        ];
        for (text, wanted) in cases {
            assert_eq!(bound(&text), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn a_complex_attribute_stands_for_its_value() {
        assert_eq!(bound("emails eq \"a@b.example\"").as_deref(), Ok("emails.value eq \"a@b.example\""));
        assert!(matches!(bound("name eq \"x\""), Err(FilterError::WrongType { .. })));
    }

    #[test]
    fn scim_058_what_stands_beside_the_grammar_is_told() {
        use Tolerance::{BooleanText, ComplexCompared, NumberText, UnquotedText};
        for (text, wanted) in [
            ("active eq \"True\"", Some(BooleanText)),
            ("emails[primary eq \"true\"]", Some(BooleanText)),
            ("externalId eq 12345", Some(NumberText)),
            ("userName eq true", Some(UnquotedText)),
            ("emails eq \"a@b.example\"", Some(ComplexCompared)),
            // An example of RFC 7644 section 3.4.2.2.
            ("emails co \"example.com\"", None),
            ("active eq true and emails.value eq \"x\" and not (title eq null)", None),
        ] {
            let mut met = Tolerances::new();
            bind_noting(&parse(text).unwrap(), &USER, &mut met).unwrap();
            assert_eq!(met.into_iter().collect::<Vec<_>>(), Vec::from_iter(wanted), "{text}");
        }
    }

    #[test]
    fn scim_061_operators_and_types_must_fit() {
        for text in
            ["active gt true", "active co \"t\"", "x509Certificates.value gt \"a\"", "userName gt null"]
        {
            assert!(matches!(bound(text), Err(FilterError::WrongOperator { .. })), "{text}");
        }
        for text in [
            "active eq \"maybe\"",
            "active eq 1",
            "meta.created eq 5",
            "meta.created gt \"garbage\"",
            "meta.created le \"2026-13-01\"",
            "meta.lastModified lt \"\"",
        ] {
            assert!(matches!(bound(text), Err(FilterError::WrongType { .. })), "{text}");
        }
        for text in ["nothing pr", "emails[nothing pr]", "emails[type.value pr]", "name.nothing pr"] {
            assert!(matches!(bound(text), Err(FilterError::UnknownAttribute(_))), "{text}");
        }
        assert!(matches!(bound("name[givenName pr]"), Err(FilterError::NotSelectable(_))));
    }

    #[test]
    fn scim_061_a_date_alone_is_its_first_instant() {
        for (text, wanted) in [
            ("meta.created ge \"2026-01-31\"", "meta.created ge \"2026-01-31T00:00:00Z\""),
            ("meta.created lt \"2026-01-31T12:00:00\"", "meta.created lt \"2026-01-31T12:00:00\""),
            // These are answered on the text.
            ("meta.created sw \"2026-01\"", "meta.created sw \"2026-01\""),
            ("meta.created eq \"2026-01-31\"", "meta.created eq \"2026-01-31\""),
        ] {
            assert_eq!(bound(text).as_deref(), Ok(wanted));
        }
    }

    #[test]
    fn scim_062_what_is_never_shown_is_never_filtered() {
        assert_eq!(bound("password eq \"x\"").unwrap_err().scim_type(), "sensitive");
        assert_eq!(bound("password pr").unwrap_err().scim_type(), "sensitive");
    }
}
