//! `crosswalk completions`

use clap_complete::Shell;

use crate::cli;
use crate::failure::Failed;
use crate::output::print_bytes;

pub(crate) fn run(shell: Shell) -> Result<(), Failed> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::command(), "crosswalk", &mut script);
    print_bytes(&script)
}
