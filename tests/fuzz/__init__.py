"""Long searches for inputs that break a parser or tell two implementations apart; run by hand."""
