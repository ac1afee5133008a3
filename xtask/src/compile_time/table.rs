//! Figures of every form, and what they are of the bare one's.

use std::fmt::Write as _;

/// One line of the table: for every form its samples, the bare one first.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) digits: usize,
    pub(crate) samples: Vec<Vec<f64>>,
}

/// The table, as Markdown.
pub(crate) fn table(heads: &[&str], rows: &[Row]) -> String {
    let columns = "---|".repeat(3 * heads.len() - 1);
    let heads = heads.join(" | ratio | range | ").replacen(" | ratio | range", "", 1);
    let rows: String = rows.iter().map(Row::line).collect();
    format!("| | {heads} | ratio | range |\n|{columns}\n{rows}")
}

impl Row {
    fn line(&self) -> String {
        let (bare, others) = self.samples.split_first().expect("there is a first form");
        let digits = self.digits;
        let mut line = format!("| {} | {:.digits$} |", self.name, median(bare));
        for samples in others {
            let ratio = median(samples) / median(bare);
            let range = range(samples, bare);
            let _ = write!(line, " {:.digits$} | {ratio:.2} | {range} |", median(samples));
        }
        line + "\n"
    }
}

/// The smallest and the largest ratio of a round; nothing when there is but one.
fn range(samples: &[f64], bare: &[f64]) -> String {
    if samples.len() < 2 {
        return String::new();
    }
    let ratios = sorted(samples.iter().zip(bare).map(|(sample, bare)| sample / bare));
    format!("{:.2}–{:.2}", ratios[0], ratios[ratios.len() - 1])
}

/// The upper one of the two in the middle, if there are two.
fn median(samples: &[f64]) -> f64 {
    sorted(samples.iter().copied())[samples.len() / 2]
}

fn sorted(samples: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut samples: Vec<f64> = samples.collect();
    samples.sort_unstable_by(f64::total_cmp);
    samples
}

#[cfg(test)]
mod tests {
    use super::{Row, median, table};

    #[test]
    fn one_slow_round_moves_no_median() {
        assert!((median(&[3.0, 90.0, 1.0, 2.0, 4.0]) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn ratios_are_of_medians_and_ranges_of_rounds() {
        let samples = vec![vec![1.0, 2.0, 4.0], vec![3.0, 3.0, 4.0]];
        let times = Row { name: "build, s", digits: 1, samples };
        let lines = Row { name: "lines", digits: 0, samples: vec![vec![10.0], vec![25.0]] };
        assert_eq!(
            table(&["bare", "annotated"], &[times, lines]),
            "| | bare | annotated | ratio | range |\n\
             |---|---|---|---|---|\n\
             | build, s | 2.0 | 3.0 | 1.50 | 1.00–3.00 |\n\
             | lines | 10 | 25 | 2.50 |  |\n"
        );
    }
}
