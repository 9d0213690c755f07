"""Work that comes round: what is done hourly, daily, monthly, and what sees to it that each time is once."""
