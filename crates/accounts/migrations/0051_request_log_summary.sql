-- All that a summary of calls over time reads, so that it never touches the rows themselves.
CREATE INDEX request_log_summary
    ON request_log (environment_id, at, integration, status, milliseconds, vendor_requests_count);
