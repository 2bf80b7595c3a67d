//! Reading one part of a batch answer: an HTTP answer, or the parts of a change set.

use std::time::Duration;

use super::multipart;

/// Most headers of a part that are looked at.
const MAX_HEADERS: usize = 64;

/// What a part holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'b> {
    /// One answer.
    Answer(Answer<'b>),
    /// The answers of a change set.
    Nested {
        /// Its body.
        body: &'b [u8],
        /// Its boundary.
        boundary: String,
    },
}

/// The answer to one operation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer<'b> {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: &'b [u8],
}

impl Answer<'_> {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Reads a part; none if it is neither.
pub(super) fn read(part: &[u8]) -> Option<Part<'_>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    // A part that starts with a blank line, or with its status line, has no headers of its own.
    let content = if part.trim_ascii_start().starts_with(b"HTTP/") {
        return read_answer(part.trim_ascii_start()).map(Part::Answer);
    } else {
        match httparse::parse_headers(part, &mut headers).ok()? {
            httparse::Status::Complete((length, _)) => &part[length..],
            httparse::Status::Partial => return None,
        }
    };
    let content_type = headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-type"))
        .and_then(|header| std::str::from_utf8(header.value).ok());
    match content_type.and_then(multipart::boundary) {
        Some(boundary) => Some(Part::Nested { body: content, boundary }),
        None => read_answer(content).map(Part::Answer),
    }
}

/// `Content-Length` is not trusted: the delimiter has ended the body.
fn read_answer(content: &[u8]) -> Option<Answer<'_>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(content).ok()? {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial => return None,
    };
    let status = response.code?;
    let retry_after = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("retry-after"))
        .and_then(|header| std::str::from_utf8(header.value).ok())
        .and_then(|seconds| seconds.trim().parse().ok())
        .map(Duration::from_secs);
    Some(Answer { status, retry_after, body: &content[length..] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(part: &str) -> Option<(u16, String)> {
        match read(part.as_bytes())? {
            Part::Answer(answer) => {
                Some((answer.status, String::from_utf8_lossy(answer.body).into_owned()))
            }
            Part::Nested { .. } => None,
        }
    }

    #[test]
    fn headers_are_read_in_any_case_and_with_either_line_break() {
        for part in [
            "Content-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\nOData-Version: 4.0\r\n\r\n{}",
            "CONTENT-TYPE: application/http\n\nHTTP/1.1 200 OK\nodata-version: 4.0\n\n{}",
            "content-type:application/http\r\n\r\nHTTP/1.1 200\r\n\r\n{}",
            "\r\nHTTP/1.1 200 OK\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\n\r\n{}",
        ] {
            assert_eq!(answer(part), Some((200, "{}".to_owned())), "{part:?}");
        }
    }

    #[test]
    fn a_wrong_content_length_changes_nothing() {
        let part = "A: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{\"a\":1}";
        assert_eq!(answer(part), Some((200, "{\"a\":1}".to_owned())));
    }

    #[test]
    fn retry_after_is_read_in_seconds() {
        let part = b"A: b\r\n\r\nHTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\n\r\n";
        let Some(Part::Answer(answer)) = read(part) else { panic!("no answer") };
        assert_eq!(answer.retry_after, Some(Duration::from_secs(7)));
    }

    #[test]
    fn what_is_cut_off_before_its_body_is_not_read() {
        for part in [
            "",
            "Content-Type: application/http\r\n",
            "Content-Type: application/http\r\n\r\nHTTP/1.1 20",
            "Content-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\nOData-Ver",
            "Content-Type: application/http\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "no header at all\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        ] {
            assert_eq!(answer(part), None, "{part:?}");
        }
    }
}
