//! Prints what a million numbers cost: memory, time to build, time to look up and to change.
//!
//! `cargo run --release -p call-matching --example index_size [-- NUMBERS [BOOK]]`. Memory is the
//! resident set that the process has more when the index is built, so that whatever the allocator
//! needs is in it. Each book is measured in a process of its own: none is built in what another
//! left behind. Linux only.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made fails at once")]

#[path = "../../benches/number_index/workload.rs"]
mod workload;

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use call_matching::{CallerNumber, Customer, MatchRules, NumberIndex};
use rand::SeedableRng;
use rand::rngs::StdRng;

use workload::{Book, Lookups, contained_rules, exact_rules};

const NUMBERS: &str = "1000000";
const BOOKS: [&str; 3] = ["mixed", "several", "national"];
const LOOKUPS: usize = 20_000;
const CHANGES: usize = 10_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let numbers = arguments.first().map_or(NUMBERS, String::as_str);
    match arguments.get(1) {
        Some(name) => report(name, book(name, numbers.parse().unwrap())),
        None => BOOKS.iter().for_each(|name| report_apart(numbers, name)),
    }
}

fn book(name: &str, numbers: usize) -> Book {
    match name {
        "mixed" => Book::one_each(numbers),
        "several" => Book::several_each(numbers),
        "national" => Book::national(numbers),
        _ => panic!("{name} is no book; there are {BOOKS:?}"),
    }
}

fn report_apart(numbers: &str, name: &str) {
    let program = std::env::current_exe().unwrap();
    assert!(Command::new(program).args([numbers, name]).status().unwrap().success());
}

fn report(name: &str, book: Book) {
    let mut index = build(name, book);
    let lookups = Lookups::of(book, &index, LOOKUPS);
    find("find, exact, present", &index, &lookups.present, &exact_rules());
    find("find, exact, absent", &index, &lookups.absent, &exact_rules());
    for (kind, lookups) in [("hit", &lookups.contained), ("miss", &lookups.missing)] {
        for (digits, callers) in lookups {
            let name = format!("find, contained, {digits} digits, {kind}");
            find(&name, &index, callers, &contained_rules());
        }
    }
    let common = vec![CallerNumber::Other("358505".to_owned()); 20];
    find("find, contained, all too common", &index, &common, &contained_rules());
    change(book, &mut index);
    remove_all(index);
}

fn build(name: &str, book: Book) -> NumberIndex {
    // Numbering plans are loaded when first used, once for all indexes.
    for number in Book::one_each(1000).customers().flat_map(|customer| customer.numbers) {
        black_box(workload::reader().typed(&number));
    }
    let before = resident_bytes();
    let mut index = NumberIndex::new(workload::reader());
    let (mut reading, mut building) = (Duration::ZERO, Duration::ZERO);
    for customer in book.customers() {
        let started = Instant::now();
        for number in &customer.numbers {
            black_box(workload::reader().typed(number));
        }
        reading += started.elapsed();
        let started = Instant::now();
        index.put(customer);
        building += started.elapsed();
    }
    let bytes = resident_bytes().saturating_sub(before);
    println!("{name}: {} numbers of {} customers", book.numbers, index.len());
    println!("  {:<34} {:>8} bytes", "memory for a number", bytes / book.numbers);
    println!("  {:<34} {:>8.2} s", "build", building.as_secs_f64());
    println!("  {:<34} {:>8.2} s", "of that, reading numbers", reading.as_secs_f64());
    index
}

fn find(name: &str, index: &NumberIndex, callers: &[CallerNumber], rules: &MatchRules) {
    let time = |caller| timed(|| index.find(black_box(caller), rules));
    print_times(name, callers.iter().map(time).collect());
}

fn change(book: Book, index: &mut NumberIndex) {
    let mut random = StdRng::seed_from_u64(13);
    let changed: Vec<Customer> = book.customers().step_by(index.len().div_ceil(CHANGES)).collect();
    let other_names = changed.iter().cloned().map(|mut customer| {
        customer.name.push('x');
        timed(|| index.put(customer))
    });
    print_times("put, another name", other_names.collect());
    let other_numbers = changed.iter().cloned().map(|mut customer| {
        customer.numbers = vec![workload::another(&mut random)];
        timed(|| index.put(customer))
    });
    print_times("put, another number", other_numbers.collect());
    let removals = changed.iter().map(|customer| timed(|| index.remove(customer.reference)));
    print_times("remove", removals.collect());
    let additions = changed.into_iter().map(|customer| timed(|| index.put(customer)));
    print_times("put, new", additions.collect());
}

fn remove_all(mut index: NumberIndex) {
    let all: Vec<_> = index.customers().map(|customer| customer.reference).collect();
    let started = Instant::now();
    for reference in all {
        index.remove(reference);
    }
    println!("  {:<34} {:>8.2} s", "remove all", started.elapsed().as_secs_f64());
}

/// How long it takes, without letting go of the result.
fn timed<T>(run: impl FnOnce() -> T) -> Duration {
    let started = Instant::now();
    let result = black_box(run());
    let elapsed = started.elapsed();
    drop(result);
    elapsed
}

fn print_times(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| {
        let index = (times.len() - 1) as f64 * share;
        times[index as usize].as_secs_f64() * 1e6
    };
    let (half, most, nearly_all) = (at(0.5), at(0.9), at(0.99));
    println!("  {name:<34} {half:>8.2} µs  (90 %: {most:.2}, 99 %: {nearly_all:.2})");
}

/// Bytes of memory that the process holds.
fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}
