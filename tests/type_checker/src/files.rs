//! Where the modules are: requires that begin with `./`, `../` or `@self/` name files, `@lune/` names what Lune brings.

use std::path::{Path, PathBuf};
use std::{env, fs};

use luau_analysis::frontend::resolver::ModuleInfo;
use luau_analysis::{FileResolver, ModuleName, SourceCode, SourceCodeType, TypeCheckLimits};
use luau_common::BString;
use luau_syntax::ast::{Expression, ExpressionKind};

/// The modules of Lune that the project's scripts use, as far as they use them.
const LUNE: [(&str, &str); 6] = [
    ("@lune/fs", include_str!("lune/fs.luau")),
    ("@lune/luau", include_str!("lune/luau.luau")),
    ("@lune/process", include_str!("lune/process.luau")),
    ("@lune/roblox", include_str!("lune/roblox.luau")),
    ("@lune/serde", include_str!("lune/serde.luau")),
    ("@lune/stdio", include_str!("lune/stdio.luau")),
];

pub struct Files;

impl FileResolver for Files {
    fn read_source(&mut self, name: &ModuleName) -> Option<SourceCode> {
        let of_lune = LUNE.iter().find(|(module, _)| name == module);
        let source = match of_lune {
            Some((_, text)) => BString::from(*text),
            None => BString::from(fs::read(name.to_string()).ok()?),
        };
        Some(SourceCode {
            source,
            kind: SourceCodeType::Module,
        })
    }

    fn resolve_module(
        &mut self,
        context: Option<&ModuleInfo>,
        argument: Expression<'_>,
        _limits: &TypeCheckLimits,
    ) -> Option<ModuleInfo> {
        let ExpressionKind::String { value, .. } = argument.kind() else {
            return None;
        };
        let wanted = BString::from(value.as_bytes()).to_string();
        let name = if wanted.starts_with("@lune/") {
            wanted
        } else {
            resolve(Path::new(&context?.name.to_string()), &wanted)
                .display()
                .to_string()
        };
        Some(ModuleInfo {
            name: BString::from(name),
            optional: false,
        })
    }
}

/// Returns the file that a module means by a path; in `init.luau`, `./` is beside the folder and `@self/` inside it.
fn resolve(from: &Path, wanted: &str) -> PathBuf {
    let folder = from.parent().unwrap_or(Path::new(""));
    let is_init = from.file_stem().is_some_and(|stem| stem == "init");
    let path = match wanted.strip_prefix("@self/") {
        Some(inside) if is_init => folder.join(inside),
        Some(inside) => from.with_extension("").join(inside),
        None if is_init => folder.join("..").join(wanted),
        None => folder.join(wanted),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let file = path.with_file_name(format!("{name}.luau"));
    name_of(&if file.is_file() {
        file
    } else {
        path.join("init.luau")
    })
}

/// Returns the one name that a module has, however it is reached: from where we are, if it is below.
pub fn name_of(path: &Path) -> PathBuf {
    let Ok(whole) = path.canonicalize() else {
        return path.to_path_buf();
    };
    let here = env::current_dir().unwrap_or_default();
    whole
        .strip_prefix(here)
        .map_or(whole.clone(), Path::to_path_buf)
}
