//! *Check connection*, carried to the SCIM endpoints themselves: the same routes, middleware and error forms as for any
//! provider, on a context whose database undoes everything ([`Trial`]).

use std::sync::Arc;

use actix_web::{
    body::{MessageBody, to_bytes},
    dev::{Service, ServiceResponse},
    http::{Method, header},
    test::{self, TestRequest},
    web,
};

use crate::{
    http::{Frame, Sites, app},
    model::ids::ProjectId,
    service::{
        Context,
        provisioning::{
            BASE_PATH,
            admin::{
                AdminError,
                check::{self, Answer, Checked, Sent, Target, Trial},
            },
        },
    },
};

/// Checks a connection of a project whose public address this is. The outcome is kept as the connection's last check.
pub async fn check_connection(
    cx: &Context,
    project: &ProjectId,
    public_url: &str,
    target: &Target,
) -> Result<Vec<Checked>, AdminError> {
    let mut sites = Sites::default();
    sites.add(project, public_url).map_err(|error| AdminError::Invalid(error.to_string()))?;
    let mut all = Vec::new();
    for suite in check::suite_names() {
        let mut trial = Trial::open(cx, target, suite).await?;
        walk(&mut trial, sites.clone()).await;
        all.extend(trial.end().await);
    }
    check::keep(cx, target, &all).await?;
    Ok(all)
}

/// Sends what the suite asks for to an application of its own, which ends with it.
async fn walk(trial: &mut Trial, sites: Sites) {
    let host = sites.iter().next().map(|site| site.host().to_owned()).unwrap_or_default();
    let within = trial.context().clone();
    let frame = Frame::new(sites, within.clock.clone(), within.rng.clone()).with(Arc::new(within));
    let service = test::init_service(app(&web::Data::new(frame), &super::endpoints())).await;
    while let Some(sent) = trial.run().next_request() {
        let answer = match service.call(prepare(&host, &sent).to_request()).await {
            Ok(response) => read(response).await,
            Err(error) => {
                Answer { status: error.as_response_error().status_code().as_u16(), ..Answer::default() }
            }
        };
        trial.run().answered(&answer);
    }
}

fn prepare(host: &str, sent: &Sent) -> TestRequest {
    let mut request = TestRequest::default()
        .method(Method::from_bytes(sent.method.as_bytes()).unwrap_or_default())
        .uri(&format!("{}{}", BASE_PATH, sent.path))
        .insert_header((header::HOST, host))
        .insert_header((header::USER_AGENT, sent.agent));
    if let Some(token) = &sent.token {
        request = request.insert_header((header::AUTHORIZATION, format!("Bearer {}", token.expose())));
    }
    if let Some(body) = &sent.body {
        request = request.insert_header((header::CONTENT_TYPE, "application/scim+json; charset=utf-8"));
        request = request.set_payload(body.clone());
    }
    request
}

async fn read<B: MessageBody>(response: ServiceResponse<B>) -> Answer {
    let header = |name: header::HeaderName| {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let answer = Answer {
        status: response.status().as_u16(),
        content_type: header(header::CONTENT_TYPE),
        location: header(header::LOCATION),
        challenge: header(header::WWW_AUTHENTICATE),
        body: serde_json::Value::Null,
    };
    let body = to_bytes(response.into_body()).await.map(|bytes| serde_json::from_slice(&bytes));
    Answer { body: body.ok().and_then(Result::ok).unwrap_or_default(), ..answer }
}
