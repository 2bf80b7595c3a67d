use std::process::Command;

use http_kit::{Error, HttpClient, Tls};

/// A machine without root certificates, seen from inside: a process whose environment says so.
#[test]
fn without_root_certificates_tls_is_a_clear_error_and_plain_http_still_works() {
    let nowhere = "/nonexistent/ca-certificates.crt";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tls::inside_a_process_without_root_certificates", "--ignored"])
        .args(["--test-threads", "1"])
        .env("SSL_CERT_FILE", nowhere)
        .env("SSL_CERT_DIR", "/nonexistent")
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && shown.contains("1 passed"), "{shown}");
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn inside_a_process_without_root_certificates() {
    let error = HttpClient::builder().tls(Tls::System).build().unwrap_err();
    assert!(matches!(error, Error::NoCaCertificates), "{error:?}");
    assert_eq!(
        error.to_string(),
        "no CA certificates found on this machine: install the ca-certificates package or set \
         SSL_CERT_FILE"
    );
    HttpClient::builder().tls(Tls::NotNeeded).build().unwrap();
}
