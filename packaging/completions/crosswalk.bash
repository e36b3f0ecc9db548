# The program tells its completions itself, so that they are always those of the installed one.
eval "$(crosswalk completions bash)"
