//! Which expressions are admitted that did not come in a connector's file.
//!
//! The interpreter bounds time and the depth of recursion and no memory: `($a := name & name; $b := $a & $a;
//! …)` doubles a text with every step. So an upper bound of the result's size is worked out before anything
//! runs, as `times × record + constant` bytes. What has no such bound (functions of one's own and with them
//! recursion, ranges, `**`, an expression that reads the record anew for each element of a list) is refused
//! with its name, and so is what gives another value each time it is asked, since no list could be filtered
//! by it.

mod functions;
mod root;

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};

use crate::expression::ExpressionProblem;
use crate::interpret::Interpreted;

pub use self::root::split_object;

/// How many times the record a result may be.
const MOST_TIMES: f64 = 256.0;
/// How much may come on top.
const MOST_CONSTANT: f64 = 64.0 * 1024.0;
/// The bytes of a number, a truth, or the signs around a value.
const SCALAR: f64 = 24.0;
/// The longest range of constants.
const LONGEST_RANGE: f64 = 1000.0;
/// How deep an expression may nest.
const DEEPEST: usize = 64;

/// Admits an expression, or says what in it is not bounded. With `root`, the record is found under that name.
pub(crate) fn admit(parsed: Interpreted, root: Option<&str>) -> Result<Interpreted, ExpressionProblem> {
    let parsed = match root {
        Some(root) => Interpreted::of(root::without(parsed.ast(), root)),
        None => parsed,
    };
    let size = Meter::default().node(parsed.ast()).and_then(Size::checked);
    size.map(|_| parsed).map_err(|message| ExpressionProblem {
        message,
        offset: None,
    })
}

/// At most so many bytes: `times × record + constant`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Size {
    times: f64,
    constant: f64,
}

impl Size {
    const WHOLE: Self = Self {
        times: 1.0,
        constant: 0.0,
    };

    fn constant(bytes: f64) -> Self {
        Self {
            times: 0.0,
            constant: bytes + SCALAR,
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            times: self.times + other.times,
            constant: self.constant + other.constant,
        }
    }

    fn scaled(self, factor: f64) -> Self {
        Self {
            times: self.times * factor,
            constant: self.constant * factor,
        }
    }

    /// The most elements that a value of this size can have, each with `each` bytes.
    fn elements(self, each: f64) -> Self {
        Self {
            times: self.times * each / 2.0,
            constant: (self.constant / 2.0 + 1.0) * each,
        }
    }

    fn checked(self) -> Result<Self, String> {
        if self.times > MOST_TIMES || self.constant > MOST_CONSTANT {
            return Err(format!(
                "its result could be more than {MOST_TIMES} times the size of a record; repeat less of it"
            ));
        }
        Ok(self)
    }
}

type Measured = Result<Size, String>;

/// Walks an expression. Sizes are those of the values, counted once for every place they may end in.
struct Meter {
    /// `$`, and what names are looked up in.
    here: Size,
    /// Why `$$` and variables from outside may not be used, inside the body of a map.
    each: bool,
    variables: Vec<(String, Size)>,
    /// How many of the variables belong to the body of the innermost map.
    outside: usize,
    depth: usize,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            here: Size::WHOLE,
            each: false,
            variables: Vec::new(),
            outside: 0,
            depth: 0,
        }
    }
}

impl Meter {
    fn node(&mut self, node: &AstNode) -> Measured {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("it nests deeper than {DEEPEST} levels"));
        }
        let size = self.measure(node)?.checked();
        self.depth -= 1;
        size
    }

    fn all<'n>(&mut self, nodes: impl IntoIterator<Item = &'n AstNode>) -> Measured {
        let mut sum = Size::constant(0.0);
        for node in nodes {
            sum = sum.and(self.node(node)?);
        }
        Ok(sum)
    }

    fn measure(&mut self, node: &AstNode) -> Measured {
        Ok(match node {
            AstNode::String(text) => Size::constant(text.len() as f64),
            AstNode::Number(_) | AstNode::Boolean(_) | AstNode::Null | AstNode::Undefined => {
                Size::constant(0.0)
            }
            AstNode::Name(_) | AstNode::Wildcard => self.here,
            AstNode::Variable(name) if name.is_empty() => self.here,
            AstNode::Variable(name) => self.variable(name)?,
            AstNode::ParentVariable(name) if name.is_empty() => {
                self.whole("`$$`")?;
                Size::WHOLE
            }
            AstNode::Path { steps } => self.path(steps)?,
            AstNode::Binary { op, lhs, rhs } => self.binary(*op, lhs, rhs)?,
            AstNode::Unary { operand, .. } => {
                self.node(operand)?;
                Size::constant(0.0)
            }
            AstNode::Function { name, args, .. } => self.call(name, &args.iter().collect::<Vec<_>>())?,
            AstNode::Array(items) | AstNode::ArrayGroup(items) => self.all(items)?,
            AstNode::Object(pairs) => self.pairs(pairs)?,
            AstNode::ObjectTransform { input, pattern } => {
                let input = self.node(input)?;
                self.mapped(input, |meter| meter.pairs(pattern))?
            }
            AstNode::Block(items) => {
                let (variables, mut size) = (self.variables.len(), Size::constant(0.0));
                for item in items {
                    size = self.node(item)?;
                }
                self.variables.truncate(variables);
                size
            }
            AstNode::FunctionApplication(inner) => self.node(inner)?,
            AstNode::Conditional {
                condition,
                then_branch,
                else_branch,
            } => {
                self.node(condition)?;
                let chosen = self.node(then_branch)?;
                match else_branch {
                    Some(branch) => chosen.and(self.node(branch)?),
                    None => chosen,
                }
            }
            AstNode::Sort { input, terms } => {
                let input = self.node(input)?;
                for (term, _) in terms {
                    self.tested(term)?;
                }
                input
            }
            AstNode::Regex { pattern, .. } => Size::constant(pattern.len() as f64),
            AstNode::Lambda { .. } | AstNode::Call { .. } | AstNode::Placeholder => {
                return Err(
                    "functions of one's own are not taken in overrides; write `list.(…)` for each element \
                     and `list[…]` to choose"
                        .to_owned(),
                );
            }
            AstNode::Transform { .. } => return Err("`|…|…|` is not taken in overrides".to_owned()),
            AstNode::Descendant => {
                return Err("`**` is not taken in overrides; name the way to the value".to_owned());
            }
            AstNode::Parent(_) => return Err("`%` is not taken in overrides".to_owned()),
            AstNode::ParentVariable(name) => return Err(format!("`$${name}` is not taken in overrides")),
        })
    }

    fn whole(&self, what: &str) -> Result<(), String> {
        if self.each {
            return Err(format!(
                "{what} inside `list.(…)` would repeat a part of the record for each element of the list; \
                 take it out of the parentheses"
            ));
        }
        Ok(())
    }

    fn variable(&self, name: &str) -> Measured {
        let known = self.variables.iter().enumerate().rev();
        let Some((at, (_, size))) = known.into_iter().find(|(_, (known, _))| known == name) else {
            return Err(match functions::is_known(name) {
                true => format!("`${name}` is a function: call it"),
                false => format!("`${name}` is not set before"),
            });
        };
        if at < self.outside && size.times > 0.0 {
            self.whole(&format!("`${name}`"))?;
        }
        Ok(*size)
    }

    fn path(&mut self, steps: &[PathStep]) -> Measured {
        let mut size = self.here;
        for (at, step) in steps.iter().enumerate() {
            if step.focus.is_some() || step.index_var.is_some() || step.ancestor_label.is_some() {
                return Err("`@`, `#` and `%` are not taken in overrides".to_owned());
            }
            size = match &step.node {
                node if at == 0 => self.node(node)?,
                // Parts of different elements do not overlap.
                AstNode::Name(_) | AstNode::Wildcard => size,
                AstNode::Variable(name) if name.is_empty() => size,
                AstNode::String(_) => size,
                AstNode::Sort { terms, .. } => {
                    for (term, _) in terms {
                        self.tested(term)?;
                    }
                    size
                }
                node => self.mapped(size, |meter| meter.node(node))?,
            };
            for stage in &step.stages {
                match stage {
                    Stage::Filter(test) => self.tested(test)?,
                    Stage::KeepArray => {}
                    Stage::Index(_) => return Err("`#` is not taken in overrides".to_owned()),
                }
            }
            size.checked()?;
        }
        Ok(size)
    }

    /// What `body` gives for each element of a value together.
    fn mapped(&mut self, over: Size, body: impl FnOnce(&mut Self) -> Measured) -> Measured {
        let before = (self.here, self.each, self.outside);
        (self.here, self.each, self.outside) = (Size::WHOLE, true, self.variables.len());
        let inside = body(self);
        (self.here, self.each, self.outside) = before;
        let inside = inside?;
        Ok(over.scaled(inside.times).and(over.elements(inside.constant)))
    }

    /// A test of each element: what it makes is gone before the next.
    fn tested(&mut self, test: &AstNode) -> Result<(), String> {
        let before = std::mem::replace(&mut self.here, Size::WHOLE);
        let size = self.node(test);
        self.here = before;
        size.map(drop)
    }

    fn pairs(&mut self, pairs: &[(AstNode, AstNode)]) -> Measured {
        let mut sum = Size::constant(0.0);
        for (name, value) in pairs {
            // A computed name groups, and then each value counts for its own part.
            sum = sum.and(self.node(name)?).and(self.node(value)?);
        }
        Ok(sum)
    }

    fn binary(&mut self, op: BinaryOp, lhs: &AstNode, rhs: &AstNode) -> Measured {
        Ok(match op {
            BinaryOp::Concatenate | BinaryOp::Coalesce | BinaryOp::Default => {
                self.node(lhs)?.and(self.node(rhs)?)
            }
            BinaryOp::ColonEqual => {
                let AstNode::Variable(name) = lhs else {
                    return Err("`:=` needs a variable before it".to_owned());
                };
                if functions::is_known(name) {
                    return Err(format!("`${name}` is a function and keeps its meaning"));
                }
                let size = self.node(rhs)?;
                self.variables.push((name.clone(), size));
                size
            }
            BinaryOp::Range => match (lhs, rhs) {
                (AstNode::Number(from), AstNode::Number(to)) if to - from < LONGEST_RANGE => {
                    Size::constant((to - from + 1.0).max(0.0) * 8.0)
                }
                _ => {
                    return Err(format!(
                        "a range in an override is between two numbers that are at most {LONGEST_RANGE} apart"
                    ));
                }
            },
            BinaryOp::ChainPipe => match rhs {
                AstNode::Function { name, args, .. } => {
                    let args: Vec<&AstNode> = std::iter::once(lhs).chain(args).collect();
                    self.call(name, &args)?
                }
                AstNode::Variable(name) if functions::is_known(name) => self.call(name, &[lhs])?,
                _ => return Err("`~>` in an override leads to a function by its name".to_owned()),
            },
            BinaryOp::FocusBind | BinaryOp::IndexBind => {
                return Err("`@` and `#` are not taken in overrides".to_owned());
            }
            _ => {
                self.node(lhs)?;
                self.node(rhs)?;
                Size::constant(0.0)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn refusal(source: &str) -> Option<String> {
        let parsed = Interpreted::parse(source).unwrap();
        admit(parsed, None).err().map(|problem| problem.message)
    }

    #[test]
    fn what_mappings_need_is_admitted() {
        for source in [
            "custom_fields.tier",
            "first & ' ' & last",
            "$join([first, last][$ != ''], ' ')",
            "tags[kind = 'tier'].value",
            "tags[id = $$.primary_tag].name",
            "fields.{'key': name, 'value': $string(value)}",
            "$sum(orders.(price * quantity))",
            "$split(name, ' ')[0]",
            "$replace(phone, /[^0-9]/, '')",
            "($n := $trim(name); $length($n) > 0 ? $n : email)",
            "status in ['on', 'trial'] ? 'live' : $lookup({'x': 'off'}, status)",
            "$fromMillis(created * 1000)",
            "name ~> $uppercase",
            "name ~> $substring(0, 3)",
            "tags^(>rank)[0].name",
            "orders{status: $count($)}",
            "$pad($string(number), -8, '0')",
            "items[[0..2]]",
        ] {
            assert_eq!(refusal(source), None, "{source}");
        }
    }

    #[test]
    fn what_has_no_bound_is_refused_by_name() {
        for (source, word) in [
            (
                "($f := function($x) { $f($x + 1) }; $f(0))",
                "functions of one's own",
            ),
            ("$map(tags, function($t) { $t.name })", "`$map`"),
            (
                "$sort(tags, function($a, $b) { $a > $b })",
                "functions of one's own",
            ),
            ("[1..1000000]", "range"),
            ("[1..count]", "range"),
            ("**.name", "`**`"),
            ("tags.($$.name)", "`$$`"),
            ("($n := name; tags.(name & $n))", "`$n`"),
            ("$pad(name, count)", "`$pad`"),
            ("$pad(name, 100000000)", "`$pad`"),
            ("$replace(name, 'a', name)", "`$replace`"),
            ("$join(tags, name)", "`$join`"),
            ("$eval(code)", "`$eval`"),
            ("$random()", "another value"),
            ("$now()", "another value"),
            ("$nonsense(name)", "no function"),
            ("a@$x.b#$i", "`@`"),
            ("$fromMillis(at, '[Y,9999999-9999999]')", "`$fromMillis`"),
        ] {
            let said = refusal(source).unwrap_or_default();
            assert!(said.contains(word), "{source}: {said}");
        }
    }

    #[test]
    fn doubling_is_counted() {
        let chain = |steps: usize| {
            let double = (0..steps).map(|at| format!("$a{} := $a{at} & $a{at}; ", at + 1));
            format!("($a0 := name; {}$a{steps})", double.collect::<String>())
        };
        assert_eq!(refusal(&chain(6)), None);
        assert!(refusal(&chain(40)).unwrap().contains("times the size"));
        let steps = |count: usize| format!("name{}", ".([$, $])".repeat(count));
        assert!(refusal(&steps(30)).unwrap().contains("times the size"));
    }
}
