use std::fs;

use super::*;

const KIND: Kind = Kind { default: "out/test", files: &["a", "b"] };

fn files(content: &str) -> Vec<(&'static str, Vec<u8>)> {
    vec![("a", content.into()), ("b", content.into())]
}

/// The files of a directory, in their order.
fn read(directory: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn whole(content: &str) -> Vec<(String, String)> {
    ["a", "b"].map(|name| (name.to_owned(), content.to_owned())).to_vec()
}

#[test]
fn a_directory_appears_whole_and_leaves_nothing_beside_it() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("deep/er/results");
    let output = Output::reserve(&KIND, Some(&directory), false).unwrap();
    assert!(!directory.exists());
    output.write(&files("new")).unwrap();
    assert_eq!(
        (read(&directory), names(directory.parent().unwrap())),
        (whole("new"), vec!["results".to_owned()])
    );
}

#[test]
fn a_reservation_that_is_given_up_leaves_no_directory() {
    let parent = tempfile::tempdir().unwrap();
    drop(Output::reserve(&KIND, Some(&parent.path().join("deep/er/results")), false).unwrap());
    assert!(names(parent.path()).is_empty());
}

#[test]
fn a_destination_is_reserved_once() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("results");
    let first = Output::reserve(&KIND, Some(&directory), false).unwrap();
    for force in [false, true] {
        let error = Output::reserve(&KIND, Some(&directory), force).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        // Windows lets nobody read what is locked; the owner is in a file of its own.
        let owner = format!("being written by process {}", std::process::id());
        assert!(error.to_string().contains(&owner), "{error}");
    }
    drop(first);
    drop(Output::reserve(&KIND, Some(&directory), false).unwrap());
}

#[test]
fn a_file_is_replaced_whole_and_its_writing_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    for content in ["first", "second, which is longer", ""] {
        write_whole(directory.path(), "state", content.as_bytes()).unwrap();
        assert_eq!(read(directory.path()), [("state".to_owned(), content.to_owned())]);
    }
    let missing = directory.path().join("missing");
    assert_eq!(write_whole(&missing, "state", b"first").unwrap_err().kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn what_somebody_makes_meanwhile_stays_and_the_results_are_kept_beside_it() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("results");
    for (kept, content) in [("results-kept", None), ("results-kept-2", Some("mine"))] {
        let output = Output::reserve(&KIND, Some(&directory), false).unwrap();
        fs::create_dir(&directory).unwrap();
        if let Some(content) = content {
            fs::write(directory.join("a"), content).unwrap();
        }
        let error = output.write(&files("new")).unwrap_err();
        assert_eq!(error.exit_code(), 1);
        assert!(
            error.to_string().ends_with(&format!("they are in {}", parent.path().join(kept).display())),
            "{error}"
        );
        assert_eq!(read(&parent.path().join(kept)), whole("new"));
        assert_eq!(names(&directory).len(), usize::from(content.is_some()));
        fs::remove_dir_all(&directory).unwrap();
    }
}

#[test]
fn force_replaces_all_of_the_results_or_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("results");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("a"), "old").unwrap();
    let reserve = || Output::reserve(&KIND, Some(&directory), true);
    reserve().unwrap().write(&files("new")).unwrap();
    assert_eq!((read(&directory), names(parent.path())), (whole("new"), vec!["results".to_owned()]));

    // A change during the run is a result of somebody's, too.
    let output = reserve().unwrap();
    fs::write(directory.join("a"), "changed by hand").unwrap();
    output.write(&files("newer")).unwrap_err();
    assert_eq!(fs::read_to_string(directory.join("a")).unwrap(), "changed by hand");
    assert_eq!(read(&parent.path().join("results-kept")), whole("newer"));
    assert_eq!(names(parent.path()), ["results", "results-kept"]);
}

#[test]
fn force_replaces_nothing_but_results() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("results");
    let refusal = || Output::reserve(&KIND, Some(&directory), true).unwrap_err().to_string();
    fs::create_dir_all(directory.join("a")).unwrap();
    assert!(refusal().contains("holds a, which is not a file"), "{}", refusal());
    fs::remove_dir(directory.join("a")).unwrap();
    fs::write(directory.join("notes.txt"), "mine").unwrap();
    assert!(refusal().contains("holds notes.txt;"), "{}", refusal());
    assert_eq!(names(parent.path()), ["results"]);
}

#[test]
fn results_outlive_their_directory() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("deep/results");
    let output = Output::reserve(&KIND, Some(&directory), false).unwrap();
    fs::remove_dir_all(parent.path().join("deep")).unwrap();
    output.write(&files("new")).unwrap();
    assert_eq!(
        (read(&directory), names(&parent.path().join("deep"))),
        (whole("new"), vec!["results".to_owned()])
    );
}

/// What is there after a process was killed: its directory, without the lock that the system has taken back.
fn killed(parent: &Path, staged: &[&str]) -> PathBuf {
    let work = parent.join(".results.voidgrad");
    fs::create_dir(&work).unwrap();
    for file in ["lock", "owner"] {
        fs::write(work.join(file), "process 1").unwrap();
    }
    for name in staged {
        fs::create_dir(work.join(name)).unwrap();
        fs::write(work.join(name).join("a"), *name).unwrap();
    }
    parent.join("results")
}

#[test]
fn a_killed_process_stops_nobody_wherever_it_was() {
    for staged in [&[][..], &["half"], &["new"]] {
        let parent = tempfile::tempdir().unwrap();
        let directory = killed(parent.path(), staged);
        if staged == ["new"] {
            // The empty directory that is made for the last step.
            fs::create_dir(&directory).unwrap();
        }
        Output::reserve(&KIND, Some(&directory), false).unwrap().write(&files("next")).unwrap();
        assert_eq!((read(&directory), names(parent.path())), (whole("next"), vec!["results".to_owned()]));
    }
}

#[test]
fn a_replacement_that_was_killed_half_way_is_undone() {
    let parent = tempfile::tempdir().unwrap();
    let directory = killed(parent.path(), &["old", "new"]);
    let error = Output::reserve(&KIND, Some(&directory), false).unwrap_err();
    assert!(error.to_string().contains("exists"), "{error}");
    assert_eq!(read(&directory), [("a".to_owned(), "old".to_owned())]);
    assert_eq!(names(parent.path()), ["results"]);
}

#[test]
fn a_replacement_that_was_killed_afterwards_stays() {
    let parent = tempfile::tempdir().unwrap();
    let directory = killed(parent.path(), &["old"]);
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("a"), "new").unwrap();
    Output::reserve(&KIND, Some(&directory), false).unwrap_err();
    assert_eq!(read(&directory), [("a".to_owned(), "new".to_owned())]);
    assert_eq!(names(parent.path()), ["results"]);
}

/// A run that was killed when it had written a checkpoint.
fn with_checkpoints(parent: &Path) -> PathBuf {
    let directory = killed(parent, &["checkpoints"]);
    let checkpoints = parent.join(".results.voidgrad/checkpoints");
    fs::write(checkpoints.join(CONFIGURATION), "seed = 1").unwrap();
    fs::write(checkpoints.join("run-0.safetensors"), "state").unwrap();
    directory
}

fn resume(directory: &Path, force: bool, standing: Standing) -> Result<Output, Error> {
    Output::resume(&KIND, directory, force, |_, _| standing)
}

#[test]
fn checkpoints_outlive_their_process_until_force_discards_them() {
    let parent = tempfile::tempdir().unwrap();
    let directory = with_checkpoints(parent.path());
    for _ in 0..2 {
        let error = Output::reserve(&KIND, Some(&directory), false).unwrap_err();
        assert!(error.exit_code() == 2 && error.to_string().contains("--resume"), "{error}");
        drop(resume(&directory, false, Standing::Foreign).unwrap());
        assert_eq!(names(parent.path()), [".results.voidgrad"]);
        assert_eq!(names(&parent.path().join(".results.voidgrad")), ["checkpoints"]);
    }
    Output::reserve(&KIND, Some(&directory), true).unwrap().write(&files("new")).unwrap();
    assert_eq!((read(&directory), names(parent.path())), (whole("new"), vec!["results".to_owned()]));
    let error = resume(&directory, true, Standing::Partial).unwrap_err();
    assert!(error.exit_code() == 2 && error.to_string().contains("no training to resume"), "{error}");
}

#[test]
fn checkpoints_without_a_configuration_are_none() {
    let parent = tempfile::tempdir().unwrap();
    let directory = with_checkpoints(parent.path());
    fs::remove_file(parent.path().join(".results.voidgrad/checkpoints").join(CONFIGURATION)).unwrap();
    assert!(resume(&directory, false, Standing::Partial).is_err());
    assert!(names(parent.path()).is_empty());
}

#[test]
fn a_resumed_run_replaces_its_own_results_and_others_with_force() {
    for (standing, force, is_replaced) in [
        (Standing::Partial, false, true),
        (Standing::Foreign, false, false),
        (Standing::Foreign, true, true),
        (Standing::Complete, true, false),
    ] {
        let parent = tempfile::tempdir().unwrap();
        let directory = with_checkpoints(parent.path());
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("a"), "old").unwrap();
        match resume(&directory, force, standing) {
            Ok(output) => output.write(&files("new")).unwrap(),
            Err(error) => assert!(!is_replaced && error.exit_code() == 2, "{error}"),
        }
        let expected = if is_replaced { whole("new") } else { vec![("a".to_owned(), "old".to_owned())] };
        assert_eq!(read(&directory), expected);
        // What is complete needs none any more.
        let keeps = parent.path().join(".results.voidgrad").exists();
        assert_eq!(keeps, standing == Standing::Foreign && !force);
    }
}

#[test]
fn checkpoints_stay_or_become_results() {
    let parent = tempfile::tempdir().unwrap();
    let directory = with_checkpoints(parent.path());
    let output = resume(&directory, false, Standing::Partial).unwrap();
    output.write_with(&files("half"), Checkpoints::Stay).unwrap();
    assert_eq!((read(&directory), names(parent.path()).len()), (whole("half"), 2));
    let output = resume(&directory, false, Standing::Partial).unwrap();
    output.write_with(&files("new"), Checkpoints::Published).unwrap();
    assert_eq!(
        (names(&directory), names(parent.path())),
        (["a", "b", "checkpoints"].map(str::to_owned).to_vec(), vec!["results".to_owned()])
    );
    assert_eq!(names(&directory.join("checkpoints")), ["run-0.safetensors"]);
    Output::reserve(&KIND, Some(&directory), true).unwrap().write(&files("newer")).unwrap();
    assert_eq!(read(&directory), whole("newer"));
}
