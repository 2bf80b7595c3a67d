//! Phone number normalisation, the number index and candidate ranking
