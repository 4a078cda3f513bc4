//! A list of people and groups as administrators have them: exported from the provider as CSV, or as SCIM's own JSON.

use serde_json::{Map, Value, json};

use super::SetupError;
use crate::{
    model::{EmailAddress, fold::fold},
    scim::{
        Resource,
        schema::{GROUP_URN, USER, USER_URN},
    },
    service::provisioning::admin::preview::MAX_PREVIEW,
};

/// So many entries are read: what a preview takes.
const MOST: usize = MAX_PREVIEW;

/// Columns of the exports of providers, without case, blanks and signs, and what they fill.
const COLUMNS: &[(&str, &[&str])] = &[
    ("userName", &["username", "login", "userprincipalname", "upn"]),
    ("email", &["email", "mail", "emailaddress", "primaryemail", "workemail"]),
    ("givenName", &["givenname", "firstname"]),
    ("familyName", &["familyname", "lastname", "surname", "sn"]),
    ("displayName", &["displayname", "name", "fullname"]),
    ("externalId", &["externalid", "objectid", "id", "employeeid"]),
    ("active", &["active", "accountenabled", "enabled"]),
];

/// What would be pushed.
#[derive(Debug, Clone, PartialEq)]
pub struct Arriving {
    /// Line of the file, or place in the list, from 1.
    pub number: usize,
    /// Whether it is a user; else it is a group.
    pub is_user: bool,
    /// What it is told apart by, folded.
    pub(super) key: String,
    /// The SCIM resource.
    pub(super) resource: Value,
}

impl Arriving {
    /// The domain of the address that the person would sign in with, if the entry has one.
    pub(super) fn login_domain(&self) -> Option<String> {
        let resource = Resource::create(&USER, &self.resource).ok()?;
        Some(EmailAddress::parse(resource.login_email()?).ok()?.domain().to_owned())
    }
}

/// Reads a list.
pub(super) fn read(text: &str) -> Result<Vec<Arriving>, SetupError> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let list = match text.chars().next() {
        None => return invalid("Please give a file, or paste a list."),
        Some('[' | '{') => from_json(text)?,
        Some(_) => from_csv(text)?,
    };
    match list.len() {
        0 => invalid("The list has no people and no groups in it."),
        1..=MOST => Ok(list),
        _ => {
            Err(SetupError::Invalid(format!("The list is too long; a preview reads at most {MOST} entries.")))
        }
    }
}

fn invalid<T>(text: &str) -> Result<T, SetupError> {
    Err(SetupError::Invalid(text.to_owned()))
}

/// A list of resources, an answer with `Resources`, one resource, or one on each line.
fn from_json(text: &str) -> Result<Vec<Arriving>, SetupError> {
    let resources = match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(list)) => list,
        Ok(Value::Object(mut object)) => match object.remove("Resources") {
            Some(Value::Array(list)) => list,
            _ => vec![Value::Object(object)],
        },
        Ok(_) => Vec::new(),
        Err(_) => {
            let lines = text.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str);
            lines.collect::<Result<_, _>>().or_else(|_| {
                invalid("This begins like JSON and cannot be read as such, neither whole nor line by line.")
            })?
        }
    };
    let numbered = resources.into_iter().take(MOST + 1).enumerate();
    Ok(numbered.map(|(index, resource)| of_resource(index + 1, resource)).collect())
}

fn of_resource(number: usize, mut resource: Value) -> Arriving {
    let text = |name: &str| resource.get(name).and_then(Value::as_str).map(fold);
    let user_name = text("userName");
    let is_user = user_name.is_some() || text("displayName").is_none();
    let key = user_name.or_else(|| text("displayName")).unwrap_or_default();
    if let Value::Object(members) = &mut resource {
        members.entry("schemas").or_insert_with(|| json!([if is_user { USER_URN } else { GROUP_URN }]));
    }
    Arriving { number, is_user, key, resource }
}

fn from_csv(text: &str) -> Result<Vec<Arriving>, SetupError> {
    let mut rows = rows(text).into_iter();
    let (_, head) = rows.next().unwrap_or_default();
    let columns: Vec<Option<&str>> = head.iter().map(|name| column(name)).collect();
    if !columns.iter().any(|column| matches!(column, Some("userName" | "email"))) {
        return invalid(
            "The first line must name the columns, with userName or email among them: userName, email, firstName, \
             lastName, displayName, externalId, active.",
        );
    }
    Ok(rows.take(MOST + 1).map(|(line, row)| person(line, &columns, &row)).collect())
}

fn column(name: &str) -> Option<&'static str> {
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    COLUMNS.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(target, _)| *target)
}

fn person(line: usize, columns: &[Option<&str>], row: &[String]) -> Arriving {
    let value = |wanted: &str| {
        let cells = columns.iter().zip(row).filter(|(column, _)| **column == Some(wanted));
        cells.map(|(_, cell)| cell.trim()).find(|cell| !cell.is_empty())
    };
    let email = value("email");
    let user_name = value("userName").or(email).unwrap_or_default();
    let mut resource = Map::new();
    resource.insert("schemas".into(), json!([USER_URN]));
    resource.insert("userName".into(), json!(user_name));
    if let Some(email) = email {
        resource.insert("emails".into(), json!([{ "value": email, "primary": true, "type": "work" }]));
    }
    let name: Map<String, Value> = ["givenName", "familyName"]
        .into_iter()
        .filter_map(|part| Some((part.to_owned(), json!(value(part)?))))
        .collect();
    if !name.is_empty() {
        resource.insert("name".into(), Value::Object(name));
    }
    for part in ["displayName", "externalId"] {
        if let Some(text) = value(part) {
            resource.insert(part.into(), json!(text));
        }
    }
    if let Some(active) = value("active") {
        let on = matches!(active.to_lowercase().as_str(), "true" | "yes" | "1" | "active");
        resource.insert("active".into(), json!(on));
    }
    Arriving { number: line, is_user: true, key: fold(user_name), resource: Value::Object(resource) }
}

/// The records of a CSV text (RFC 4180) with the lines that they begin on. Exports of some countries have semicolons.
fn rows(text: &str) -> Vec<(usize, Vec<String>)> {
    let head = text.lines().next().unwrap_or_default();
    let separator = [',', ';', '\t'].into_iter().max_by_key(|c| head.matches(*c).count()).unwrap_or(',');
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut line, mut begun) = (false, 1, 1);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                cell.push('"');
                letters.next();
            }
            '"' => quoted = !quoted,
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push((begun, std::mem::take(&mut row)));
                line += 1;
                begun = line;
            }
            c if c == separator && !quoted => row.push(std::mem::take(&mut cell)),
            c => {
                line += usize::from(c == '\n');
                cell.push(c);
            }
        }
    }
    row.push(cell);
    rows.push((begun, row));
    rows.retain(|(_, row)| row.iter().any(|cell| !cell.trim().is_empty()));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_of_providers_are_read() {
        let okta =
            "login,firstName,lastName,email\nanna@acme.example,Anna,\"O\"\"Neil, B\",anna@acme.example\n";
        let entra =
            "userPrincipalName;displayName;accountEnabled;objectId\r\nben@acme.example;Ben;False;42\r\n";
        let read_okta = read(okta).unwrap();
        assert_eq!(read_okta.len(), 1);
        assert_eq!(read_okta[0].number, 2);
        assert_eq!(read_okta[0].resource["name"]["familyName"], "O\"Neil, B");
        assert_eq!(read_okta[0].resource["emails"][0]["value"], "anna@acme.example");
        let read_entra = read(entra).unwrap();
        assert_eq!(read_entra[0].resource["active"], false);
        assert_eq!(read_entra[0].resource["externalId"], "42");
        assert_eq!(read_entra[0].key, "ben@acme.example");
    }

    #[test]
    fn scim_is_read_whole_and_line_by_line() {
        let user = r#"{"userName":"Anna"}"#;
        let group = r#"{"displayName":"Team"}"#;
        for text in [
            format!("[{user},{group}]"),
            format!("{{\"Resources\":[{user},{group}]}}"),
            format!("\u{feff}{user}\n\n{group}\n"),
        ] {
            let read = read(&text).unwrap();
            assert_eq!(read.iter().map(|one| one.is_user).collect::<Vec<_>>(), [true, false], "{text}");
            assert_eq!(read[0].resource["schemas"][0], USER_URN);
            assert_eq!((read[0].key.as_str(), read[1].number), ("anna", 2));
        }
        assert_eq!(read(user).unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_list_gets_a_sentence() {
        for (text, sentence) in [
            ("", "give a file"),
            ("hello", "first line"),
            ("{", "begins like JSON"),
            ("[]", "no people"),
            ("userName\n", "no people"),
            (&format!("userName\n{}", "a\n".repeat(1_001)), "too long"),
        ] {
            assert!(read(text).unwrap_err().to_string().contains(sentence), "{sentence}");
        }
    }
}
