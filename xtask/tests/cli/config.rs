//! `cargo xtask train --config FILE.toml`.

use std::fs;
use std::path::Path;

use super::{TINY, printed, refusal, summary, workplace};

const FILE: &str = "estimator = [\"reinforce\", \"reinforce-ema\"]\ntarget = 1\ntheta0 = 0.25\niterations = 30\n\
                    learning-rate = 0.5\nseed = \"18446744073709551615\"\nrepeats = 2\nquiet = true\nforce = false\n\
                    threads = 1\ncheckpoint = 0.5\n";

#[test]
fn a_file_holds_options_and_those_on_the_command_line_win() {
    let place = workplace("config");
    let file = place.join("mine.toml");
    fs::write(&file, FILE).unwrap();
    let [file, out, second, third] = [file, place.join("out"), place.join("second"), place.join("third")]
        .map(|path| path.display().to_string());
    printed(&["train", "--config", &file, "--out", &out]);
    let found = summary(out.as_ref());
    assert_eq!(
        (&found["target"], &found["theta0"], &found["learning_rate"]),
        (&1.0.into(), &0.25.into(), &0.5.into())
    );
    assert_eq!((&found["seed"], &found["runs"].as_array().unwrap().len()), (&u64::MAX.into(), &4));

    printed(&[
        "train",
        "--config",
        &file,
        "--out",
        &second,
        "--repeats",
        "1",
        "--estimator=rebar",
        "--seed=2",
    ]);
    let changed = summary(second.as_ref());
    assert_eq!((&changed["seed"], &changed["iterations"]), (&2.into(), &30.into()));
    assert_eq!(changed["runs"].as_array().unwrap().len(), 1);
    assert_eq!(changed["runs"][0]["estimator"], "rebar");

    // The configuration that is written gives the same results.
    let effective = format!("{out}/config.toml");
    printed(&["train", "--config", &effective, "--out", &third, "--quiet"]);
    for name in ["config.toml", "metrics.csv", "report.html", "summary.json"] {
        let [found, expected] = [&third, &out].map(|out| fs::read(Path::new(out).join(name)).unwrap());
        assert!(found == expected, "{name}");
    }
}

#[test]
fn a_configuration_that_makes_no_sense_is_refused_in_one_line() {
    let place = workplace("config-bad");
    let file = place.join("bad.toml");
    let path = file.to_str().unwrap();
    for (text, words) in [
        ("iteration = 7", &["iteration = 7", "unknown", "iterations"][..]),
        ("resume = \"out\"", &["resume", "unknown"]),
        ("iterations = \"many\"", &["iterations = \"many\"", "a whole number"]),
        ("iterations = 7.5", &["iterations = 7.5", "a whole number"]),
        ("iterations = 0", &["'0'", "--iterations", "from 1 to 10,000,000,000"]),
        ("seed = -1", &["'-1'", "--seed", "from 0 to"]),
        ("seed = \"x\"", &["'x'", "--seed", "from 0 to"]),
        ("theta0 = 1.2", &["'1.2'", "--theta0", "(0, 1)"]),
        ("target = nan", &["--target", "finite"]),
        ("learning-rate = true", &["learning-rate = true", "a number"]),
        ("quiet = 1", &["quiet = 1", "true or false"]),
        ("out = [\"here\"]", &["out = [\"here\"]", "a text"]),
        ("estimator = [\"rebar\", 7]", &["estimator", "7", "a list of texts"]),
        ("estimator = \"relaxed\"", &["relaxed", "relax-linear"]),
        ("threads = 0", &["'0'", "--threads", "from 1 to 1,000"]),
        ("checkpoint = -1", &["'-1'", "--checkpoint", "0 or more"]),
        ("seed = 1\nseed = 2", &["line 2"]),
        ("seed = ", &["line 1"]),
        ("[train]\nseed = 1", &["train", "unknown"]),
    ] {
        fs::write(&file, text).unwrap();
        // Also if the option is given on the command line as well.
        let line = refusal(&["train", "--config", path, "--iterations", "5", "--out", "never"]);
        assert!(words.iter().all(|word| line.contains(word)) && line.contains("bad.toml"), "{text}: {line}");
    }
    fs::remove_file(&file).unwrap();
    assert!(refusal(&[&TINY[..], &["--config", path]].concat()).contains("bad.toml"));
    assert!(refusal(&[&TINY[..], &["--threads", "0"]].concat()).contains("from 1 to 1,000"));
    assert!(refusal(&[&TINY[..], &["--checkpoint", "-1"]].concat()).contains("0 or more"));
}
