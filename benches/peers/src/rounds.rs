//! Medians, ratios and ranges of rounds that take turns.

use std::time::Duration;

/// What was measured of several contenders: for each, one number a round.
pub(crate) struct Rounds(Vec<Vec<f64>>);

impl Rounds {
    pub(crate) fn new(contenders: usize) -> Self {
        Self(vec![Vec::new(); contenders])
    }

    pub(crate) fn record(&mut self, contender: usize, number: f64) {
        self.0[contender].push(number);
    }

    pub(crate) fn median(&self, contender: usize) -> f64 {
        quantile(self.0[contender].clone(), 0.5)
    }

    /// Returns the median of a contender over that of the first one.
    pub(crate) fn ratio(&self, contender: usize) -> f64 {
        self.median(contender) / self.median(0)
    }

    /// Returns between what the middle four fifths of the ratios lie, each of one round.
    pub(crate) fn range(&self, contender: usize) -> (f64, f64) {
        let pairs = self.0[contender].iter().zip(&self.0[0]);
        let ratios: Vec<f64> = pairs.map(|(number, reference)| number / reference).collect();
        (quantile(ratios.clone(), 0.1), quantile(ratios, 0.9))
    }

    /// Writes median, ratio and range.
    pub(crate) fn cells(&self, contender: usize) -> Vec<String> {
        let (low, high) = self.range(contender);
        let ratio = format!("{:.2}", self.ratio(contender));
        vec![number(self.median(contender)), ratio, format!("{low:.2}–{high:.2}")]
    }
}

/// Returns what so large a part of the numbers does not exceed.
pub(crate) fn quantile(mut numbers: Vec<f64>, part: f64) -> f64 {
    numbers.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    // It is an index.
    let index = ((numbers.len() - 1) as f64 * part).round() as usize;
    numbers[index]
}

/// Writes a number with three digits that matter, more or less.
pub(crate) fn number(number: f64) -> String {
    match number.abs() {
        size if size >= 99.95 => format!("{number:.0}"),
        size if size >= 9.995 => format!("{number:.1}"),
        size if size >= 0.0995 => format!("{number:.2}"),
        _ => format!("{number:.3}"),
    }
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
