//! Random programs against their expansions.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::choices::Choices;
use super::differential::{Counts, Outcome, differential};
use super::program::program;

#[test]
fn report() {
    let n: u64 = std::env::var("VOIDGRAD_FUZZ_PROGRAMS").ok().and_then(|n| n.parse().ok()).unwrap_or(1000);
    let (mut accepted, mut values, mut derivatives) = (0, 0, 0);
    let mut unknown = Counts::new();
    let (mut taken, mut refused) = (Counts::new(), Counts::new());
    let mut messages = Counts::new();
    let mut faults: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    let start = std::time::Instant::now();
    for seed in 0..n {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let bytes: Vec<u8> = (0..600).map(|_| random.random()).collect();
        let program = program(&mut Choices::new(&bytes));
        let counts = match differential(&program) {
            Outcome::Refused(message) => {
                *messages.entry(message.chars().take(90).collect()).or_default() += 1;
                if message.starts_with("not parsed") { println!("{message} {}", program.item); }
                &mut refused
            }
            Outcome::Accepted(comparison) => {
                accepted += 1;
                values += comparison.values;
                derivatives += comparison.derivatives;
                if let Some(why) = comparison.unknown {
                    if why.starts_with("f::") { println!("{why}\n   {}", program.item); }
                    *unknown.entry(why.chars().take(90).collect()).or_default() += 1;
                }
                if let Some(fault) = comparison.faults.first() {
                    let key = program.constructs.iter().copied().collect::<Vec<_>>().join("; ");
                    faults.entry(format!("{:5} {seed}", program.item.len())).or_default().push(format!("#[{}] {}\n   {fault}\n  {key}", program.attribute, program.item));
                }
                &mut taken
            }
        };
        for construct in &program.constructs {
            *counts.entry((*construct).to_owned()).or_default() += 1;
        }
    }
    println!("{n} programs in {:?}, accepted {accepted}, values {values}, derivatives {derivatives}", start.elapsed());
    println!("unknown: {unknown:#?}");
    println!("messages: {messages:#?}");
    println!("faults: {}", faults.len());
    for (_, fault) in faults.iter().take(25) {
        for fault in fault { println!("{fault}\n"); }
    }
    for name in taken.keys().chain(refused.keys()).collect::<std::collections::BTreeSet<_>>() {
        println!("{name:50} {:6} {:6}", taken.get(name).unwrap_or(&0), refused.get(name).unwrap_or(&0));
    }
}
