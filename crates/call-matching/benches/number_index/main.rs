//! Look-ups and changes in an index of a million numbers: `cargo bench -p call-matching`.
//!
//! What it costs in memory is measured by the example `index_size`.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made fails at once")]

mod workload;

use std::hint::black_box;
use std::time::Duration;

use call_matching::{CallerNumber, MatchRules, NumberIndex};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use rand::SeedableRng;
use rand::rngs::StdRng;

use workload::{Book, Lookups, contained_rules, exact_rules};

/// A build without optimisation is a try whether it runs.
const NUMBERS: usize = if cfg!(debug_assertions) { 5_000 } else { 1_000_000 };
/// So many that no two of one run find their customers in the processor's cache.
const LOOKUPS: usize = if cfg!(debug_assertions) { 50 } else { 50_000 };

fn number_index(criterion: &mut Criterion) {
    let book = Book::one_each(NUMBERS);
    let mut index = book.index();
    let lookups = Lookups::of(book, &index, LOOKUPS);
    let mut find = |name: &str, callers: &[CallerNumber], rules: &MatchRules| {
        let mut callers = callers.iter().cycle();
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| index.find(black_box(callers.next().unwrap()), rules));
        });
    };
    find("exact/present", &lookups.present, &exact_rules());
    find("exact/absent", &lookups.absent, &exact_rules());
    for (kind, lookups) in [("hit", &lookups.contained), ("miss", &lookups.missing)] {
        for (digits, callers) in lookups {
            find(&format!("contained/{kind}/{digits} digits"), callers, &contained_rules());
        }
    }
    changes(criterion, book, &mut index);
}

fn changes(criterion: &mut Criterion, book: Book, index: &mut NumberIndex) {
    let mut random = StdRng::seed_from_u64(13);
    let customers: Vec<_> = book.customers().step_by(NUMBERS.div_ceil(LOOKUPS)).collect();
    let mut unchanged = customers.iter().cycle().cloned();
    criterion.bench_function("put/same numbers", |bencher| {
        bencher.iter_batched(
            || unchanged.next().unwrap(),
            |customer| index.put(customer),
            BatchSize::SmallInput,
        );
    });
    let mut changed = customers.iter().cycle().cloned();
    criterion.bench_function("put/another number", |bencher| {
        bencher.iter_batched(
            || {
                let mut customer = changed.next().unwrap();
                customer.numbers = vec![workload::another(&mut random)];
                customer
            },
            |customer| index.put(customer),
            BatchSize::SmallInput,
        );
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    targets = number_index
}
criterion_main!(benches);
