//! The cost of an invalidation over the size of the keyspace, as a picture.

use plotters::prelude::{
    ChartBuilder, Circle, Color, DrawingAreaErrorKind, IntoDrawingArea, IntoLogRange, LineSeries,
    Palette, Palette99, SVGBackend, SeriesLabelPosition, WHITE,
};
use plotters::style::BLACK;
use std::error::Error;
use std::path::{Path, PathBuf};

/// One way to invalidate: milliseconds by keys.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

#[expect(clippy::cast_precision_loss, reason = "no server holds 2^52 keys")]
pub(crate) fn size(keys: u64) -> f64 {
    keys as f64
}

/// Writes `plots/invalidation.svg` beside this program's sources.
pub(crate) fn draw(lines: &[Line]) -> Result<PathBuf, Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("plots/invalidation.svg");
    std::fs::create_dir_all(path.parent().expect("it is in a directory"))?;
    paint(&path, lines)?;
    Ok(path)
}

/// What every viewer has, in a size that can be read.
const FONT: (&str, i32) = ("sans-serif", 16);

type Failure = DrawingAreaErrorKind<std::io::Error>;

fn paint(path: &Path, lines: &[Line]) -> Result<(), Failure> {
    let area = SVGBackend::new(path, (800, 500)).into_drawing_area();
    area.fill(&WHITE)?;
    let points = || lines.iter().flat_map(|line| &line.points);
    let keys = bounds(points().map(|point| point.0));
    let times = bounds(points().map(|point| point.1));
    let mut chart = ChartBuilder::on(&area)
        .caption("Invalidating 100 keys by pattern", ("sans-serif", 22))
        .margin(16)
        .x_label_area_size(48)
        .y_label_area_size(72)
        .build_cartesian_2d(
            (keys.0 / 1.2..keys.1 * 1.2).log_scale(),
            (times.0 / 2.0..times.1 * 2.0).log_scale(),
        )?;
    let mut mesh = chart.configure_mesh();
    mesh.label_style(FONT).x_desc("keys on the server").y_desc("milliseconds");
    mesh.x_labels(3).y_labels(5).max_light_lines(1);
    mesh.x_label_formatter(&|keys| plain(*keys)).y_label_formatter(&|time| plain(*time)).draw()?;
    for (number, line) in lines.iter().enumerate() {
        let colour = Palette99::pick(number).mix(1.0);
        let points = line.points.iter().copied();
        let series = LineSeries::new(points, colour.stroke_width(2)).point_size(4);
        let key = move |(x, y)| Circle::new((x + 10, y), 5, colour.filled());
        chart.draw_series(series)?.label(&line.name).legend(key);
    }
    let mut names = chart.configure_series_labels();
    names.label_font(FONT).position(SeriesLabelPosition::UpperLeft);
    names.background_style(WHITE.mix(0.8)).border_style(BLACK).draw()?;
    area.present()
}

/// Writes a number without a point, if it is whole.
fn plain(number: f64) -> String {
    number.to_string()
}

fn bounds(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    numbers.fold((f64::INFINITY, 0.0), |(low, high), number| (number.min(low), number.max(high)))
}
