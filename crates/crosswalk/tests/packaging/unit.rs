//! The systemd unit, its settings and its user.

use crate::program::assert_known;
use crate::text;

/// A unit's settings, in their order: a name may come more than once.
fn settings(unit: &str) -> Vec<(&str, &str)> {
    unit.lines()
        .filter(|line| !line.starts_with(['#', '[']))
        .filter_map(|line| line.split_once('='))
        .collect()
}

fn of<'a>(settings: &[(&'a str, &'a str)], name: &str) -> Vec<&'a str> {
    let of_name = settings.iter().filter(|(known, _)| *known == name);
    of_name.map(|(_, value)| *value).collect()
}

#[test]
fn the_unit_runs_the_program_on_its_own_folder() {
    let unit = text("packaging/crosswalk.service");
    let settings = settings(&unit);
    assert_eq!(of(&settings, "ExecStart"), ["/usr/bin/crosswalk serve"]);
    let variables: Vec<_> = of(&settings, "Environment")
        .into_iter()
        .map(|pair| pair.split_once('=').unwrap())
        .collect();
    assert_known("the unit", variables.iter().map(|(name, _)| *name));
    let folder = of(&settings, "StateDirectory")[0];
    assert_eq!(variables, [("CROSSWALK_DATA", format!("%S/{folder}").as_str())]);
    let grace: u32 = of(&settings, "TimeoutStopSec")[0].parse().unwrap();
    assert!(grace > 30, "running answers get 30 s to finish");
    // The name that the program looks for among its credentials.
    assert_eq!(of(&settings, "LoadCredential"), ["crosswalk.key"]);
}

#[test]
fn the_unit_s_user_is_the_one_that_is_made() {
    let unit = text("packaging/crosswalk.service");
    let settings = settings(&unit);
    let users = text("packaging/crosswalk.sysusers");
    let user: Vec<&str> = users.split_whitespace().collect();
    assert_eq!((user[0], user[1]), ("u", of(&settings, "User")[0]));
    assert_eq!(of(&settings, "User"), of(&settings, "Group"));
    // Where the data is, in the words of a shell.
    let folder = format!("/var/lib/{}", of(&settings, "StateDirectory")[0]);
    assert!(users.contains(&folder));
    for file in [
        "packaging/debian/postinst",
        "packaging/debian/postrm",
        "packaging/crosswalk.env",
    ] {
        assert!(text(file).contains(&folder), "{file}");
    }
}

#[test]
fn the_settings_file_has_every_setting_and_no_other() {
    let unit = text("packaging/crosswalk.service");
    assert_eq!(
        of(&settings(&unit), "EnvironmentFile"),
        ["-/etc/crosswalk/crosswalk.env"]
    );
    let file = text("packaging/crosswalk.env");
    let names: Vec<&str> = file
        .lines()
        .filter_map(|line| line.strip_prefix('#').unwrap_or(line).split_once('='))
        .map(|(name, _)| name)
        .filter(|name| !name.contains(' '))
        .collect();
    assert_known("crosswalk.env", names.iter().copied());
    for known in crate::program::variables() {
        // The unit says the folder; a key has better places; the last is refused.
        let elsewhere = [
            "CROSSWALK_DATA",
            "CROSSWALK_KEY",
            "CROSSWALK_KEY_FILE",
            "CROSSWALK_DATABASE",
        ];
        assert!(
            names.contains(&known.as_str()) || elsewhere.contains(&known.as_str()),
            "crosswalk.env does not show {known}"
        );
    }
    assert!(
        file.lines().all(|line| line.is_empty() || line.starts_with('#')),
        "nothing is set as it comes"
    );
}
