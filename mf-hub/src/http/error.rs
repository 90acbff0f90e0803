//! The only place with status codes of errors.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use mf_core::error::{Code, Error};

use super::{envelope, request};

/// An error on its way to the caller.
#[derive(Debug)]
pub struct Refusal(pub Error);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

/// The status that fits a code.
pub fn status(code: Code) -> StatusCode {
    match code {
        Code::Malformed
        | Code::BrokenOff
        | Code::MissingField
        | Code::UnknownField
        | Code::ReadOnlyField
        | Code::InvalidValue
        | Code::UnknownReference
        | Code::Refused
        | Code::NotConfirmed => StatusCode::BAD_REQUEST,
        Code::Unauthorized => StatusCode::UNAUTHORIZED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::LabelTaken
        | Code::AlreadyDone
        | Code::StillReferred
        | Code::IllegalMove
        | Code::StaleAttempt
        | Code::WrongOffset => StatusCode::CONFLICT,
        Code::Changed => StatusCode::PRECONDITION_FAILED,
        Code::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::BadRange => StatusCode::RANGE_NOT_SATISFIABLE,
        Code::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Code::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Code::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Refusal(mut error) = self;
        if error.code == Code::Internal {
            error.sentence += &format!(" (request {})", request::id());
        }
        let mut response = envelope::refusal(&error);
        *response.status_mut() = status(error.code);
        let headers = response.headers_mut();
        if error.code.retryable() {
            headers.insert(header::RETRY_AFTER, error.retry_after.unwrap_or(1).into());
        }
        if error.code == Code::Unauthorized {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
