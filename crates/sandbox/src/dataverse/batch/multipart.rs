//! The multipart format of batches, read from bytes and written back.
//!
//! Reading never panics. Delimiters are found at line starts; a body ends where the next delimiter
//! begins, whatever `Content-Length` says.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::dataverse::exchange::Response;
use crate::dataverse::failure::{Failure, Outcome};

/// A part between two delimiters.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The part's own headers.
    pub(super) headers: HeaderMap,
    /// What follows them.
    pub(super) body: Bytes,
    /// A line end that mattered was a bare line feed.
    pub(super) bare_line_feed: bool,
}

/// A request inside a part.
#[derive(Debug, Clone)]
pub(super) struct InnerRequest {
    /// Method.
    pub(super) method: Method,
    /// URL as written, blanks included.
    pub(super) url: String,
    /// Headers.
    pub(super) headers: HeaderMap,
    /// Body without the line end that belongs to the delimiter.
    pub(super) body: Bytes,
    /// A line end that mattered was a bare line feed.
    pub(super) bare_line_feed: bool,
}

/// The boundary of a multipart content type, quoted or not.
///
/// # Errors
/// 400 if the type is not `multipart/mixed` or has no boundary.
pub(super) fn boundary(headers: &HeaderMap) -> Outcome<String> {
    let text = headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut parameters = text.split(';').map(str::trim);
    let kind = parameters.next().unwrap_or_default();
    if !kind.eq_ignore_ascii_case("multipart/mixed") {
        return Err(malformed(&format!(
            "The content type of a batch must be multipart/mixed with a boundary, not '{text}'."
        )));
    }
    parameters
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))
        .map(|(_, value)| value.trim().trim_matches('"').to_owned())
        .filter(|boundary| !boundary.is_empty())
        .ok_or_else(|| malformed("The content type of the batch has no boundary."))
}

/// Splits a body at its delimiters. What stands before the first one is ignored.
///
/// # Errors
/// 400 if the first or the closing delimiter is missing.
pub(super) fn split(body: &Bytes, boundary: &str) -> Outcome<Vec<Part>> {
    let delimiter = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut open: Option<(usize, bool)> = None;
    let mut at = 0;
    while at < body.len() {
        let line = line_at(body, at);
        let text = body[at..line.end].trim_ascii_end();
        let rest = text.strip_prefix(delimiter.as_bytes());
        if let Some(rest @ (b"" | b"--")) = rest {
            if let Some((start, bare)) = open {
                let end = before_line_end(body, start, at);
                parts.push(read_part(body.slice(start..end), bare)?);
            }
            if rest == b"--" {
                return Ok(parts);
            }
            open = Some((line.next, line.bare));
        }
        at = line.next;
    }
    Err(malformed(if open.is_some() {
        "The batch ends before its closing delimiter."
    } else {
        "The batch holds no delimiter with the boundary of its content type."
    }))
}

/// Reads the request that a part of type `application/http` holds.
///
/// # Errors
/// 400 for another type and for a malformed request.
pub(super) fn read_request(part: &Part) -> Outcome<InnerRequest> {
    let kind = part.headers.get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_http = kind.is_some_and(|kind| {
        kind.split(';')
            .next()
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/http"))
    });
    if !is_http {
        return Err(malformed("A part of a batch must have the content type application/http."));
    }
    let start = first_line(&part.body);
    let line = line_at(&part.body, start);
    let text = std::str::from_utf8(&part.body[start..line.end])
        .map_err(|_| malformed("The request line of a part is not UTF-8."))?;
    let (method, rest) = text
        .split_once(' ')
        .ok_or_else(|| malformed(&format!("The request line '{text}' of a part is malformed.")))?;
    let url = rest.rsplit_once(" HTTP/1.1").map(|(url, _)| url.trim()).ok_or_else(|| {
        malformed(&format!("The request line '{text}' of a part does not end in HTTP/1.1."))
    })?;
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| malformed(&format!("'{method}' is not a method.")))?;
    let (headers, body_start, bare) = read_headers(&part.body, line.next)?;
    Ok(InnerRequest {
        method,
        url: url.to_owned(),
        headers,
        body: part.body.slice(body_start..),
        bare_line_feed: part.bare_line_feed || line.bare || bare,
    })
}

/// Writes an answer as a part.
pub(super) fn write_response(
    out: &mut Vec<u8>,
    boundary: &str,
    content_id: Option<&str>,
    response: &Response,
) {
    let mut head = format!(
        "--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
    );
    if let Some(content_id) = content_id {
        head.push_str(&format!("Content-ID: {content_id}\r\n"));
    }
    let reason = response.status.canonical_reason().unwrap_or("Unknown");
    head.push_str(&format!("\r\nHTTP/1.1 {} {reason}\r\n", response.status.as_u16()));
    out.extend_from_slice(head.as_bytes());
    for (name, value) in &response.headers {
        if let Some(name) = shown_name(name) {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&response.body);
    out.extend_from_slice(b"\r\n");
}

/// Headers of inner answers in their usual capitals; those of the connection stay outside.
fn shown_name(name: &HeaderName) -> Option<&str> {
    Some(match name.as_str() {
        "content-type" => "Content-Type",
        "odata-version" => "OData-Version",
        "odata-entityid" => "OData-EntityId",
        "location" => "Location",
        "etag" => "ETag",
        "preference-applied" => "Preference-Applied",
        "retry-after" => "Retry-After",
        "req_id" | "x-ms-service-request-id" | "x-ms-dop-hint" | "content-length" | "date" => {
            return None;
        }
        other => other,
    })
}

/// A fault of the format.
pub(super) fn malformed(message: &str) -> Failure {
    Failure::payload(message)
}

struct Line {
    /// End without the line end.
    end: usize,
    /// Start of the next line.
    next: usize,
    /// The line ends in a line feed alone.
    bare: bool,
}

fn line_at(body: &[u8], start: usize) -> Line {
    match body[start..].iter().position(|byte| *byte == b'\n') {
        None => Line { end: body.len(), next: body.len(), bare: false },
        Some(length) => {
            let line_feed = start + length;
            let carriage = length > 0 && body[line_feed - 1] == b'\r';
            Line {
                end: if carriage { line_feed - 1 } else { line_feed },
                next: line_feed + 1,
                bare: !carriage,
            }
        }
    }
}

/// The line end before a delimiter belongs to the delimiter.
fn before_line_end(body: &[u8], start: usize, delimiter: usize) -> usize {
    let text = &body[start..delimiter];
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    start + text.len()
}

/// Skips empty lines.
fn first_line(body: &[u8]) -> usize {
    let mut at = 0;
    while at < body.len() {
        let line = line_at(body, at);
        if line.end > at {
            break;
        }
        at = line.next;
    }
    at
}

fn read_part(body: Bytes, bare: bool) -> Outcome<Part> {
    let (headers, start, bare_headers) = read_headers(&body, 0)?;
    Ok(Part { headers, body: body.slice(start..), bare_line_feed: bare || bare_headers })
}

/// Reads header lines up to an empty line or the end; gives them with the place after.
fn read_headers(body: &[u8], start: usize) -> Outcome<(HeaderMap, usize, bool)> {
    let mut headers = HeaderMap::new();
    let mut bare = false;
    let mut at = start;
    while at < body.len() {
        let line = line_at(body, at);
        let text = &body[at..line.end];
        bare |= line.bare;
        at = line.next;
        if text.is_empty() {
            break;
        }
        let (name, value) = header(text).ok_or_else(|| {
            malformed(&format!(
                "A header of a batch part is malformed: '{}'.",
                String::from_utf8_lossy(text)
            ))
        })?;
        headers.append(name, value);
    }
    Ok((headers, at, bare))
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = HeaderName::from_bytes(line[..colon].trim_ascii()).ok()?;
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_preamble_and_extra_empty_lines_are_skipped() {
        let body = "\r\n--b\r\nContent-Type: application/http\r\n\r\nGET /x?$filter=a eq 'b c' \
                    HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n--b--\r\n";
        let parts = split(&Bytes::from(body), "b").unwrap();
        let request = read_request(&parts[0]).unwrap();
        assert_eq!(request.url, "/x?$filter=a eq 'b c'");
        assert_eq!(request.headers["accept"], "application/json");
        assert!(!request.bare_line_feed);
    }

    #[test]
    fn a_part_without_body_may_end_at_the_delimiter() {
        let body = "--b\r\nContent-Type: application/http\r\n\r\nGET /x HTTP/1.1\r\n\r\n--b--";
        let parts = split(&Bytes::from(body), "b").unwrap();
        assert_eq!(read_request(&parts[0]).unwrap().body.len(), 0);
    }

    #[test]
    fn a_bare_line_feed_is_noticed_outside_the_body_only() {
        let body =
            "--b\r\nContent-Type: application/http\r\n\r\nPOST /x HTTP/1.1\r\n\r\n{\n}\r\n--b--";
        let parts = split(&Bytes::from(body), "b").unwrap();
        assert!(!read_request(&parts[0]).unwrap().bare_line_feed);
        let bare = body.replace("\r\n", "\n");
        let parts = split(&Bytes::from(bare), "b").unwrap();
        assert!(read_request(&parts[0]).unwrap().bare_line_feed);
    }

    #[test]
    fn the_boundary_may_be_quoted() {
        for text in ["multipart/mixed;boundary=b_1", "Multipart/Mixed; boundary=\"b_1\""] {
            let mut headers = HeaderMap::new();
            headers.insert("content-type", HeaderValue::from_static(text));
            assert_eq!(boundary(&headers).unwrap(), "b_1");
        }
        assert!(boundary(&HeaderMap::new()).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(body in prop::collection::vec(
            prop::sample::select(vec!["--b", "--b--", "\r\n", "\n", ":", "GET ", " HTTP/1.1", "a: b", "é"]), 0..40)) {
            let body = Bytes::from(body.concat());
            for part in split(&body, "b").unwrap_or_default() {
                let _ = read_request(&part);
            }
        }
    }
}
