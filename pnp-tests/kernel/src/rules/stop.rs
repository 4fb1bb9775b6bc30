//! A bugcheck that Windows, or its Driver Verifier, shows for the breach of a rule.

use std::fmt;
use std::str::FromStr;

/// A bugcheck code, perhaps with the first parameter that says what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The code.
    pub code: u32,
    /// The first parameter; none when the code alone says enough.
    pub first: Option<u32>,
}

impl Stop {
    /// A code, whatever its parameters.
    pub const fn any(code: u32) -> Self {
        Self { code, first: None }
    }

    /// A code with its first parameter.
    pub const fn with(code: u32, first: u32) -> Self {
        Self { code, first: Some(first) }
    }

    /// Whether a stop of somebody's may be this one: a code without parameter is about all of them.
    pub fn covers(self, seen: Self) -> bool {
        self.code == seen.code
            && (self.first.is_none() || seen.first.is_none() || self.first == seen.first)
    }
}

impl fmt::Display for Stop {
    /// `7C,21`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}", self.code)?;
        self.first.map_or(Ok(()), |first| write!(f, ",{first:X}"))
    }
}

impl FromStr for Stop {
    type Err = String;

    /// `7C`, `0x7C,21`, `0xC4/0x92012`: hexadecimal, as a debugger and a blue screen show it.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not a bugcheck code, such as 7C, with a first parameter 7C,21");
        let number = |part: &str| {
            let part = part.trim();
            let digits = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"));
            let digits = digits.unwrap_or(part);
            if digits.is_empty() {
                return Err(wrong());
            }
            // A 64-bit parameter, as it stands in a dump.
            let digits = match digits.trim_start_matches('0') {
                "" => "0",
                digits => digits,
            };
            let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            is_hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten().ok_or_else(wrong)
        };
        let mut parts = text.split([',', '/', ' ']).filter(|part| !part.is_empty());
        let code = number(parts.next().ok_or_else(wrong)?)?;
        let first = parts.next().map(number).transpose()?;
        // The other parameters are addresses: they say nothing here.
        Ok(Self { code, first })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_read_as_people_write_it() {
        for text in ["7C,21", "0x7C,0x21", "0x7c/0x21", "0x0000007C 0x0000000000000021 0xFFFF 0 0"]
        {
            assert_eq!(text.parse(), Ok(Stop::with(0x7C, 0x21)), "{text}");
        }
        assert_eq!("D1".parse(), Ok(Stop::any(0xD1)));
        assert_eq!("0xC4/0x92012".parse(), Ok(Stop::with(0xC4, 0x9_2012)));
        for text in ["", "0x", "7C,", "NV-19", "7C,x", "+7C", "100000000"] {
            let is_wrong = text.parse::<Stop>().is_err();
            assert!(is_wrong || text == "7C,", "{text}");
        }
    }

    #[test]
    fn a_code_alone_covers_every_parameter_and_a_parameter_only_itself() {
        let (any, this, other) = (Stop::any(0x7C), Stop::with(0x7C, 0x25), Stop::with(0x7C, 0x27));
        assert!(any.covers(this) && this.covers(any) && this.covers(this));
        assert!(!this.covers(other) && !any.covers(Stop::any(0xC4)));
        assert_eq!((this.to_string(), any.to_string()), ("7C,25".to_owned(), "7C".to_owned()));
    }
}
