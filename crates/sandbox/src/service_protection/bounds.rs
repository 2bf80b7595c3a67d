//! The limits as numbers.

use crate::options::Limits;

/// Requests in a window.
const REQUESTS: f64 = 6_000.0;
/// Execution time in a window: 1200 s.
const EXECUTION_MICROS: f64 = 1_200_000_000.0;
/// Requests at the same time.
const CONCURRENT: usize = 52;

/// How much one user may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    /// Requests in a window.
    pub(super) requests: usize,
    /// Execution time in a window.
    pub(super) execution_micros: u64,
    /// Requests at the same time; never scaled.
    pub(super) concurrent: usize,
}

impl Bounds {
    /// None for [`Limits::Off`]. However small the factor, one request is let in.
    pub(super) fn of(limits: Limits) -> Option<Self> {
        let factor = match limits {
            Limits::Off => return None,
            Limits::Real => 1.0,
            Limits::Scaled(factor) => factor,
        };
        // Conversions from floats saturate, which serves huge factors.
        Some(Self {
            requests: ((REQUESTS * factor).round() as usize).max(1),
            execution_micros: ((EXECUTION_MICROS * factor).round() as u64).max(1),
            concurrent: CONCURRENT,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_scales_requests_and_time_and_not_concurrency() {
        let bounds = |limits| Bounds::of(limits).map(|it| (it.requests, it.execution_micros));
        assert_eq!(bounds(Limits::Off), None);
        assert_eq!(bounds(Limits::Real), Some((6_000, 1_200_000_000)));
        assert_eq!(bounds(Limits::Scaled(0.01)), Some((60, 12_000_000)));
        assert_eq!(bounds(Limits::Scaled(1e-9)), Some((1, 1)));
        for limits in [Limits::Real, Limits::Scaled(7.0)] {
            assert_eq!(Bounds::of(limits).unwrap().concurrent, 52);
        }
    }
}
