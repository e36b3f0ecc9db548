//! How much larger than its arguments each function's result can be.

use jsonata_core::ast::AstNode;

use super::{Measured, Meter, SCALAR, Size};

/// What a function makes of its arguments.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Growth {
    /// A number or a truth.
    Scalar,
    /// At most so many times them.
    Times(f64),
    /// As many times them as the text literals among the later arguments are long.
    ByLiterals,
    /// As `$pad`: by a number that has to be a literal.
    ByWidth,
    /// A text after a picture, which has to be a literal.
    ByPicture,
    /// Another value each time.
    Fickle,
    /// Not bounded, or of no use in a mapping.
    Refused,
}

/// `$string` writes a control character as six; upper case can take three letters for one.
fn growth(name: &str) -> Option<Growth> {
    use Growth::{ByLiterals, ByPicture, ByWidth, Fickle, Refused, Scalar, Times};
    Some(match name {
        "abs" | "average" | "boolean" | "ceil" | "contains" | "count" | "exists" | "floor" | "length"
        | "max" | "min" | "not" | "number" | "parseInteger" | "power" | "round" | "sqrt" | "sum"
        | "toMillis" | "type" => Scalar,
        "append" | "distinct" | "keys" | "lookup" | "merge" | "reverse" | "sort" | "spread" | "substring"
        | "substringAfter" | "substringBefore" | "trim" | "zip" | "decodeUrl" | "decodeUrlComponent"
        | "base64decode" => Times(1.0),
        "base64encode" => Times(1.5),
        "lowercase" | "uppercase" => Times(3.0),
        "string" => Times(6.0),
        "encodeUrl" | "encodeUrlComponent" => Times(3.0),
        "split" => Times(4.0),
        "join" | "replace" | "match" => ByLiterals,
        "pad" => ByWidth,
        "formatBase" | "formatInteger" | "formatNumber" | "fromMillis" => ByPicture,
        "millis" | "now" | "random" | "shuffle" => Fickle,
        "assert" | "each" | "error" | "eval" | "filter" | "map" | "reduce" | "sift" | "single" => Refused,
        _ => return None,
    })
}

/// Whether JSONata has a function of that name.
pub(super) fn is_known(name: &str) -> bool {
    growth(name).is_some()
}

/// The largest number that may stand in a picture or be a width.
const WIDEST: usize = 1000;

impl Meter {
    /// A call of a function by its name.
    pub(super) fn call(&mut self, name: &str, args: &[&AstNode]) -> Measured {
        let Some(growth) = growth(name) else {
            return Err(format!("there is no function `${name}`"));
        };
        // What must not be there at all is said before what is wrong with its arguments.
        match growth {
            Growth::Refused => {
                return Err(format!(
                    "`${name}` is not taken in overrides; write `list.(…)` for each element and `list[…]` to \
                     choose"
                ));
            }
            Growth::Fickle => {
                return Err(format!(
                    "`${name}` gives another value each time, so that no list could be filtered or continued \
                     by it"
                ));
            }
            _ => {}
        }
        let given = self.all(args.iter().copied())?;
        // Most functions take `$` for an argument that is left out.
        let given = given.and(self.here.scaled(if args.is_empty() { 1.0 } else { 0.0 }));
        Ok(match growth {
            Growth::Scalar | Growth::Refused | Growth::Fickle => Size::constant(0.0),
            Growth::Times(factor) => given.scaled(factor),
            Growth::ByLiterals => {
                let mut factor = 4.0;
                for argument in args.iter().skip(1) {
                    factor += match argument {
                        AstNode::String(text) => text.len() as f64,
                        AstNode::Regex { pattern, .. } => pattern.len() as f64,
                        AstNode::Number(_) => 0.0,
                        _ => {
                            return Err(format!(
                                "what `${name}` puts in or looks for has to be a text or a pattern written \
                                 out, not a part of the record"
                            ));
                        }
                    };
                }
                given.scaled(factor)
            }
            Growth::ByWidth => match args.get(1) {
                Some(AstNode::Number(width)) if width.abs() <= WIDEST as f64 => {
                    given.and(self.padding(args.get(2).copied(), width.abs())?)
                }
                Some(AstNode::Unary { operand, .. }) => match operand.as_ref() {
                    AstNode::Number(width) if width.abs() <= WIDEST as f64 => {
                        given.and(self.padding(args.get(2).copied(), width.abs())?)
                    }
                    _ => return Err(no_width(name)),
                },
                _ => return Err(no_width(name)),
            },
            Growth::ByPicture => {
                for argument in args.iter().skip(1) {
                    match argument {
                        AstNode::String(text) if !has_large_number(text) => {}
                        AstNode::Number(number) if number.abs() <= 36.0 => {}
                        _ => {
                            return Err(format!(
                                "the picture of `${name}` has to be written out, with no number over {WIDEST}"
                            ));
                        }
                    }
                }
                given.and(Size::constant(WIDEST as f64 + SCALAR))
            }
        })
    }

    fn padding(&mut self, with: Option<&AstNode>, width: f64) -> Measured {
        match with {
            None => Ok(Size::constant(width)),
            Some(AstNode::String(text)) => Ok(Size::constant(width * (text.len() as f64).max(1.0))),
            Some(_) => Err("what `$pad` fills with has to be a text written out".to_owned()),
        }
    }
}

fn no_width(name: &str) -> String {
    format!("the width of `${name}` has to be a number up to {WIDEST}, written out")
}

fn has_large_number(picture: &str) -> bool {
    picture
        .split(|c: char| !c.is_ascii_digit())
        .any(|digits| digits.trim_start_matches('0').len() > 3)
}
