//! Checks Luau modules in strict mode: `type-checker PATH...` prints what is wrong with the modules in files and
//! folders, one a line. What they require is looked at for its types alone. Its status is 1 if anything is wrong,
//! and 2 if it could not check.

mod files;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use luau_analysis::{DefinitionEnvironment, Frontend, FrontendOptions, NullConfigResolver};
use luau_common::BString;
use luau_config::Mode;

use files::{Files, name_of};

/// What Roblox adds to Luau's globals, as far as the project uses it.
const ROBLOX: &str = include_str!("roblox.d.luau");
/// What the first lines of a module may not say, since nobody would look at it any more.
const OPT_OUTS: [&str; 2] = ["--!nocheck", "--!nonstrict"];

type Checker = Frontend<Files, NullConfigResolver>;
/// Messages, by file, line and column.
type Problems = BTreeSet<(String, u32, u32, String)>;

fn main() -> ExitCode {
    match run(env::args().skip(1)) {
        Ok(problems) if problems.is_empty() => ExitCode::SUCCESS,
        Ok(problems) => {
            for (file, line, column, message) in &problems {
                let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
                println!("{file}:{line}:{column}: {message}");
            }
            ExitCode::from(1)
        }
        Err(message) => {
            eprintln!("type-checker: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(paths: impl Iterator<Item = String>) -> Result<Problems, String> {
    let mut files = BTreeSet::new();
    for path in paths {
        let before = files.len();
        find(Path::new(&path), &mut files)?;
        if files.len() == before {
            return Err(format!("there is no Luau in {path}"));
        }
    }
    if files.is_empty() {
        return Err("say which files or folders to check".to_string());
    }
    let mut checker = new_checker()?;
    let mut problems = Problems::new();
    for file in &files {
        check(&mut checker, file, &mut problems)?;
    }
    problems.retain(|(module, ..)| files.contains(Path::new(module)));
    Ok(problems)
}

/// Adds the modules of a file or a folder.
fn find(path: &Path, files: &mut BTreeSet<PathBuf>) -> Result<(), String> {
    if path.is_dir() {
        let entries = fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
        for entry in entries {
            let entry = entry.map_err(|error| format!("{}: {error}", path.display()))?;
            find(&entry.path(), files)?;
        }
    } else if path
        .extension()
        .is_some_and(|extension| extension == "luau")
    {
        files.insert(name_of(path));
    }
    Ok(())
}

fn new_checker() -> Result<Checker, String> {
    let mut configs = NullConfigResolver::default();
    configs.default_config.mode = Mode::Strict;
    let mut checker = Frontend::new(Files, configs, FrontendOptions::default());
    let globals = DefinitionEnvironment::Globals;
    checker
        .register_builtin_globals(globals)
        .map_err(|error| format!("{error:?}"))?;
    let scope = checker.global_scope(globals);
    let loaded = checker
        .load_definition_file(scope, ROBLOX, "@roblox", false)
        .map_err(|error| format!("{error:?}"))?;
    if !loaded.success {
        return Err(format!(
            "roblox.d.luau is wrong: {:?}",
            loaded.source_module.parse_errors
        ));
    }
    Ok(checker)
}

/// Adds what is wrong with a module, and with those that it requires.
fn check(checker: &mut Checker, file: &Path, problems: &mut Problems) -> Result<(), String> {
    let shown = file.display().to_string();
    let name = BString::from(shown.as_str());
    let source = fs::read_to_string(file).map_err(|error| format!("{shown}: {error}"))?;
    for (number, line) in source.lines().enumerate() {
        if OPT_OUTS.iter().any(|text| line.starts_with(text)) {
            problems.insert((
                shown.clone(),
                number as u32 + 1,
                1,
                format!("{line} hides mistakes"),
            ));
        }
    }
    let result = checker
        .check(&name, None)
        .map_err(|error| format!("{shown}: {error:?}"))?;
    for error in &result.errors {
        let model = checker
            .semantic_model(&error.module_name)
            .or_else(|| checker.semantic_model(&name));
        let message =
            model.map_or_else(String::new, |model| model.error_message(error).to_string());
        let place = error.location.begin;
        let module = error.module_name.to_string();
        problems.insert((
            module,
            place.line as u32 + 1,
            place.column as u32 + 1,
            message,
        ));
    }
    if let Some(module) = result.timeout_hits.first() {
        return Err(format!("{module} took too long to check"));
    }
    Ok(())
}
