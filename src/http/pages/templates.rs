//! The templates' inputs. Askama escapes every value for HTML.

use askama::Template;

/// What went wrong, and the reference to quote to support.
#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage<'a> {
    /// In the heading.
    pub title: &'a str,
    /// One sentence for the person in front of the browser.
    pub message: &'a str,
    /// The request id.
    pub reference: &'a str,
    /// Where the person may go on: text, and a URL that we built.
    pub onward: Option<(&'a str, &'a str)>,
}

/// A form for another origin, which sends itself.
#[derive(Template)]
#[template(path = "post.html")]
pub struct PostPage<'a> {
    /// What is happening.
    pub heading: &'a str,
    /// The provider's endpoint.
    pub action: &'a str,
    /// Names and values.
    pub fields: &'a [(&'a str, String)],
}

/// Asks whether a login that began at the provider is wanted (R8).
#[derive(Template)]
#[template(path = "consent.html")]
pub struct ConsentPage<'a> {
    /// Whose account.
    pub account: &'a str,
    /// Of which organization.
    pub organization: &'a str,
    /// The flow that waits.
    pub flow: &'a str,
}

/// Asks for the work email, the one question of the hosted login.
#[derive(Template)]
#[template(path = "login.html")]
pub struct LoginPage<'a> {
    /// The product that the person signs in to.
    pub product: &'a str,
    /// Prefilled: `login_hint`, or what was typed before.
    pub email: &'a str,
    /// Carries the login in progress through the form.
    pub flow: &'a str,
    /// Why the form is shown again.
    pub problem: Option<&'a str>,
}

/// On the way to the identity provider, or back to the product.
#[derive(Template)]
#[template(path = "leave.html")]
pub struct LeavePage<'a> {
    /// `Continue to your identity provider`.
    pub heading: &'a str,
    /// An absolute URL that we built ourselves.
    pub destination: &'a str,
}

/// An outcome with nothing left to do: signed in, signed out.
#[derive(Template)]
#[template(path = "notice.html")]
pub struct NoticePage<'a> {
    /// In the heading.
    pub title: &'a str,
    /// One or two sentences.
    pub message: &'a str,
    /// A link onward: text and address.
    pub link: Option<(&'a str, &'a str)>,
}

/// Asks whether to sign out.
#[derive(Template)]
#[template(path = "logout.html")]
pub struct LogoutPage;

/// The development provider asks as whom to sign in.
#[derive(Template)]
#[template(path = "devidp.html")]
pub struct DevIdpPage<'a> {
    /// The accounts.
    pub choices: &'a [DevIdpChoice],
    /// The request, to be carried along when another account is asked for.
    pub saml_request: &'a str,
    /// Given back as it came.
    pub relay_state: Option<&'a str>,
    /// Whether the application insists on a new sign-in.
    pub asked_again: bool,
}

/// One account, with the response that choosing it posts.
pub struct DevIdpChoice {
    /// For people.
    pub name: String,
    /// The address.
    pub email: String,
    /// The groups, joined.
    pub groups: String,
    /// Where the response goes.
    pub acs_url: String,
    /// The response, base64.
    pub saml_response: String,
}
