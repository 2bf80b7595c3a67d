//! How a sandbox bears a large world: seconds to load it, memory, and milliseconds for the requests
//! that must not read a whole table.
//!
//! `cargo run --release -p sandbox --example size -- [contacts, 1000000 unless told]`. Linux only:
//! memory is read from `/proc`.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use sandbox::{Sandbox, SandboxOptions, identity};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let count = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse::<u32>())?;
    let path = std::env::temp_dir().join(format!("sandbox-size-{}.json", std::process::id()));
    write_world(&path, count)?;
    println!("world of {count} contacts: {} MB", std::fs::metadata(&path)?.len() >> 20);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let sandbox = runtime.block_on(Sandbox::start(SandboxOptions::default()))?;
    let start = Instant::now();
    let loaded = sandbox.load_world_file(&path);
    std::fs::remove_file(&path)?;
    loaded?;
    println!("loaded in {:.1} s", start.elapsed().as_secs_f64());
    println!("memory now {} MB, at most {} MB", memory("VmRSS")?, memory("VmHWM")?);
    let client = Client::sign_in(sandbox.base_url())?;
    requests(&client, count)?;
    println!("memory now {} MB, at most {} MB", memory("VmRSS")?, memory("VmHWM")?);
    Ok(())
}

fn write_world(path: &Path, count: u32) -> Outcome<()> {
    let mut file = BufWriter::new(File::create(path)?);
    write!(file, "{{\"dataverse\":{{\"ev_settings\":[")?;
    for number in 0..1000 {
        let comma = if number == 0 { "" } else { "," };
        write!(
            file,
            "{comma}{{\"ev_settingid\":\"{}\",\"ev_name\":\"setting{number}\",\"ev_value\":\"1\"}}",
            id(0xe, number)
        )?;
    }
    write!(file, "],\"contacts\":[")?;
    for number in 0..count {
        let comma = if number == 0 { "" } else { "," };
        write!(
            file,
            "{comma}{{\"contactid\":\"{}\",\"firstname\":\"First{number}\",\"lastname\":\
             \"Last{number}\",\"telephone1\":\"+358 40 {number:07}\",\"mobilephone\":\"050-{number:07}\
             \",\"emailaddress1\":\"person{number}@contoso.example\",\"jobtitle\":\"Engineer\",\
             \"address1_city\":\"Helsinki\",\"statecode\":0,\
             \"parentcustomerid_account@odata.bind\":\"/accounts({})\"}}",
            id(0xc, number),
            id(0xa, number / 10)
        )?;
    }
    write!(file, "],\"accounts\":[")?;
    for number in 0..count / 10 {
        let comma = if number == 0 { "" } else { "," };
        write!(
            file,
            "{comma}{{\"accountid\":\"{}\",\"name\":\"Company {number}\"}}",
            id(0xa, number)
        )?;
    }
    write!(file, "]}}}}")?;
    Ok(file.flush()?)
}

fn id(kind: u8, number: u32) -> String {
    // Spread over the range of keys, as the platform's own are.
    format!("{:08x}-0000-4000-8000-{kind:04x}{number:08x}", number.wrapping_mul(2_654_435_761))
}

fn requests(client: &Client, count: u32) -> Outcome<()> {
    let middle = id(0xc, count / 2);
    let several: Vec<String> =
        (0..50).map(|part| format!("%22{}%22", id(0xc, count / 50 * part))).collect();
    let several = several.join(",");
    client.timed("one row by key", &format!("contacts({middle})?$select=fullname"), "")?;
    client.timed("filter by key", &format!("contacts?$filter=contactid%20eq%20{middle}"), "")?;
    client.timed(
        "filter by 50 keys",
        &format!(
            "contacts?$select=fullname&$filter=Microsoft.Dynamics.CRM.In(PropertyName='contactid',\
             PropertyValues=%5B{several}%5D)"
        ),
        "",
    )?;
    client.timed("alternate key", "ev_settings?$filter=ev_name%20eq%20'setting500'", "")?;
    let company = id(0xa, count / 20);
    client.timed(
        "filter by lookup",
        &format!("contacts?$select=fullname&$filter=_parentcustomerid_value%20eq%20{company}"),
        "",
    )?;
    client.timed("first page of 5000", "contacts?$select=fullname", "")?;
    client.timed("equality without index", "contacts?$filter=lastname%20eq%20'Last7'", "")?;
    client.timed("contains", "contacts?$filter=contains(telephone1,'0999999')", "")?;
    let track = "odata.track-changes,odata.maxpagesize=5000";
    let (mut link, mut pages, start) =
        ("contacts?$select=fullname,telephone1,statecode".to_owned(), 0, Instant::now());
    let delta = loop {
        let page = client.get(&link, track)?;
        pages += 1;
        if let Some(delta) = link_in(&page, "@odata.deltaLink") {
            break delta;
        }
        link = link_in(&page, "@odata.nextLink").ok_or("neither next nor delta link")?;
    };
    println!("all rows by change tracking: {pages} pages, {:.1} s", start.elapsed().as_secs_f64());
    client.timed("changes since token, none", &delta, track)?;
    client.send("PATCH", &format!("contacts({middle})"), "", Some("{\"jobtitle\":\"x\"}"))?;
    client.timed("changes since token, one", &delta, track)
}

fn link_in(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("\"{name}\":\""))?;
    let (link, _) = rest.split_once('"')?;
    let (_, below) = link.split_once("/api/data/v9.2/")?;
    Some(below.replace(' ', "%20"))
}

fn memory(name: &str) -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(name)).ok_or("no such figure")?;
    Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse::<u64>()? >> 10)
}

/// Just enough HTTP to ask a sandbox on this machine.
struct Client {
    host: String,
    token: String,
}

impl Client {
    fn sign_in(base_url: &str) -> Outcome<Self> {
        let host = base_url.trim_start_matches("http://").to_owned();
        let form = format!(
            "client_id={}&client_secret={}&grant_type=client_credentials&scope={}%2F.default",
            identity::ENTRA_CLIENT_ID,
            identity::ENTRA_CLIENT_SECRET,
            base_url.replace(':', "%3A").replace('/', "%2F")
        );
        let path = format!("/entra/{}/oauth2/v2.0/token", identity::ENTRA_TENANT_ID);
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
        let answer = exchange(&host, "POST", &path, kind, Some(&form))?;
        let (_, rest) = answer.split_once("\"access_token\":\"").ok_or(answer.as_str())?;
        let token = rest.split('"').next().unwrap_or_default().to_owned();
        Ok(Self { host, token })
    }

    fn send(&self, method: &str, path: &str, prefer: &str, body: Option<&str>) -> Outcome<String> {
        let mut headers = format!("Authorization: Bearer {}\r\n", self.token);
        if !prefer.is_empty() {
            write!(headers, "Prefer: {prefer}\r\n")?;
        }
        if body.is_some() {
            headers.push_str("Content-Type: application/json\r\n");
        }
        exchange(&self.host, method, &format!("/api/data/v9.2/{path}"), &headers, body)
    }

    fn get(&self, path: &str, prefer: &str) -> Outcome<String> {
        self.send("GET", path, prefer, None)
    }

    /// Asks ten times and prints the best time.
    fn timed(&self, what: &str, path: &str, prefer: &str) -> Outcome<()> {
        let mut best = Duration::MAX;
        let mut rows = 0;
        for _ in 0..10 {
            let start = Instant::now();
            let answer = self.get(path, prefer)?;
            best = best.min(start.elapsed());
            rows = answer.matches("\"@odata.etag\"").count();
        }
        println!("{what}: {rows} rows, {:.2} ms", best.as_secs_f64() * 1000.0);
        Ok(())
    }
}

fn exchange(
    host: &str,
    method: &str,
    path: &str,
    headers: &str,
    body: Option<&str>,
) -> Outcome<String> {
    let mut stream = TcpStream::connect(host)?;
    let body = body.unwrap_or_default();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 2") {
        Ok(answer)
    } else {
        Err(answer.lines().next().unwrap_or_default().to_owned().into())
    }
}
