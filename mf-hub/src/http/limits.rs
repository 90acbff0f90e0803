//! Bounds that hold for every request.

use std::any::Any;

use axum::Router;
use axum::response::{IntoResponse, Response};
use mf_core::error::{Code, Error};
use tower_http::catch_panic::CatchPanicLayer;

use super::error::Refusal;
use super::request;

/// Puts the bounds around all routes. Limits on a body belong to the code that
/// reads it: uploads are streams, all others are read by [`super::input`].
pub fn around(router: Router) -> Router {
    router.layer(CatchPanicLayer::custom(panicked))
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let told = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!("request {} panicked: {told}", request::id());
    Refusal(Error::new(Code::Internal, "the hub could not answer; its messages say why"))
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use axum::routing::get;
    use tower_service::Service;

    #[tokio::test]
    async fn a_panic_is_an_answer_that_names_its_request() {
        async fn broken() {
            panic!("a mistake of ours");
        }
        let mut router = around(Router::new().route("/", get(broken)));
        let response = router.call(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status().as_u16(), 500);
        let body = to_bytes(response.into_body(), 4096).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let told = body["errors"]["Internal"].as_str().unwrap();
        assert!(told.contains("(request ") && !told.contains("mistake"), "{told}");
    }
}
