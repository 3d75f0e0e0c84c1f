//! What arguments may be, and what is said about others.

use super::program::assert_help_fits;
use super::{refusal, workplace};

const COMMANDS: [&str; 3] = ["train", "variance", "compare"];
const POINT: [&str; 7] = ["variance", "--estimator", "rebar", "--theta", "0.5", "--target", "0.4"];

#[test]
fn help_fits_a_hundred_columns() {
    for command in COMMANDS {
        assert_help_fits(&[command, "--help"]);
        assert_help_fits(&[command, "-h"]);
    }
    assert_help_fits(&["--help"]);
}

/// Every argument with a number, as a negative one, which clap takes for an option unless it is told otherwise.
#[test]
fn a_value_is_refused_with_what_is_allowed_whatever_its_sign() {
    for command in COMMANDS {
        let help = super::printed(&[command, "--help"]);
        let options = help.lines().filter_map(|line| line.trim_start().strip_prefix("--")?.split_once(' '));
        for (option, value) in options {
            let value = value.split('>').next().unwrap().trim_start_matches('<');
            if !["K", "T", "M", "P", "N", "B", "RATE", "S", "L", "E"].contains(&value) {
                continue;
            }
            for bad in ["-inf", "NaN", "-x", "1x", ""] {
                let option = format!("--{option}");
                let line = refusal(&[command, &option, bad]);
                assert!(
                    line.contains(&format!("invalid value '{bad}' for '{option} <{value}>': ")),
                    "{line}"
                );
                assert!(["must be", "number"].iter().any(|word| line.contains(word)), "{line}");
            }
        }
    }
    for (arguments, allowed) in [
        (&["train", "--seed", "-1"][..], "from 0 to 18,446,744,073,709,551,615"),
        (&["train", "--target", "-inf"], "finite"),
        (&["train", "--iterations", "0"], "from 1 to 10,000,000,000"),
        (&["train", "--repeats", "100001"], "from 1 to 100,000"),
        (&["train", "--dim", "1000001"], "from 1 to 1,000,000"),
        (&["compare", "--control-steps", "99999999999"], "from 0 to 10,000,000"),
        (&["compare", "--samples", "3"], "from 4 to 1,000,000,000,000"),
    ] {
        let line = refusal(arguments);
        assert!(line.contains(allowed) && line.contains(arguments[2]), "{line}");
    }
}

#[test]
fn numbers_in_messages_are_short() {
    let zeros = "0".repeat(300);
    for (option, value) in [
        ("--theta", format!("1{zeros}")),
        ("--theta", format!("-0.{zeros}1")),
        ("--target", format!("1{zeros}{zeros}")),
        ("--lambda", format!("-1{zeros}")),
        ("--lambda", "5e-324".to_owned()),
        ("--eta", "1e308".to_owned()),
        ("--dim", format!("1{zeros}")),
    ] {
        let output = super::xtask(&[&POINT[..], &[option, &value]].concat());
        let line = String::from_utf8(output.stderr).unwrap();
        assert!(line.split(|c: char| !c.is_ascii_digit()).all(|digits| digits.len() < 30), "{line}");
    }
}

#[test]
fn what_would_take_years_or_all_of_the_memory_is_refused_before_it_starts() {
    let place = workplace("large");
    let out = place.join("out");
    let out = out.to_str().unwrap();
    for (arguments, word) in [
        (&["train", "--repeats", "100000", "--iterations", "1000000", "--out", out][..], "GB of memory"),
        (&["train", "--repeats", "1000", "--dim", "1000000", "--out", out], "GB of memory"),
        (&["train", "--batch", "1000000", "--dim", "1000000", "--out", out], "10,000,000 variables"),
        (
            &["train", "--estimator", "local-expectation", "--dim", "1000000", "--out", out],
            "evaluates f 1,000,001 times",
        ),
    ] {
        let line = refusal(arguments);
        assert!(line.contains(word), "{line}");
    }
    assert!(super::names(&place).is_empty());
}
