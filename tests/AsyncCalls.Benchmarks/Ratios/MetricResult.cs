using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AsyncCalls.Benchmarks.Ratios;

/// <summary>The outcome of a metric: measured, or skipped because its reference cannot run, or failed in the library's own part.</summary>
internal sealed record MetricResult(Metric Metric)
{
    /// <summary>For a terminal or a file, never for a web page: quotes and dashes stay readable.</summary>
    private static readonly JsonWriterOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public Measurement? Measurement { get; private init; }

    /// <summary>Why the reference cannot run here.</summary>
    public string? Skipped { get; private init; }

    /// <summary>What went wrong on our side.</summary>
    public string? Failed { get; private init; }

    public static MetricResult Measured(Metric metric, Measurement measurement) => new(metric) { Measurement = measurement };

    public static MetricResult SkippedBecause(Metric metric, string reason) => new(metric) { Skipped = reason };

    public static MetricResult FailedBecause(Metric metric, string reason) => new(metric) { Failed = reason };

    /// <summary>Whether the target is met; null where nothing was measured.</summary>
    public bool? Met => Measurement is { } m
        ? Metric.Target.IsMetBy(m.Ratio, m.Noise, m.CpuRatio, m.CpuNoise, m.BytesPerCall)
        : null;

    /// <summary>One JSON object on one line.</summary>
    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Format))
        {
            json.WriteStartObject();
            json.WriteString("metric", Metric.Name);
            json.WriteString("unit", Metric.Unit);
            if (Measurement is { } measurement)
            {
                WriteMeasurement(json, measurement);
            }
            else
            {
                json.WriteString("reference", Metric.Reference);
                json.WriteNumber("target", Metric.Target.Time);
                json.WriteString(Skipped is null ? "failed" : "skipped", Skipped ?? Failed);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private void WriteMeasurement(Utf8JsonWriter json, Measurement m)
    {
        WriteRounded(json, "ours", m.Ours, 1);
        json.WriteString("reference", Metric.Reference);
        WriteRounded(json, "reference_value", m.Reference, 1);
        WriteRounded(json, "ratio", m.Ratio, 4);
        WriteRounded(json, "ratio_min", m.RatioMin, 4);
        WriteRounded(json, "ratio_max", m.RatioMax, 4);
        json.WriteNumber("target", Metric.Target.Time);
        WriteRounded(json, "noise", m.Noise, 4);
        WriteRounded(json, "cpu_ratio", m.CpuRatio, 4);
        WriteRounded(json, "bytes_per_call", m.BytesPerCall, 2);
        json.WriteNumber("rounds", m.Rounds);

        // Beyond what was agreed: the other targets, the verdict, and where the time went.
        if (Metric.Target.Cpu is { } cpuTarget)
        {
            json.WriteNumber("cpu_target", cpuTarget);
        }

        if (Metric.Target.Bytes is { } bytesTarget)
        {
            json.WriteNumber("bytes_target", bytesTarget);
        }

        json.WriteBoolean("met", Met == true);
        WriteRounded(json, "cpu_noise", m.CpuNoise, 4);
        WriteRounded(json, "ours_cpu_ns", m.OursCpuNs, 1);
        WriteRounded(json, "reference_cpu_ns", m.ReferenceCpuNs, 1);
        WriteRounded(json, "ours_switches_per_call", m.OursSwitches, 4);
        WriteRounded(json, "reference_switches_per_call", m.ReferenceSwitches, 4);
        WriteIfKnown(json, "ours_p99_ns", m.OursP99Ns, 0);
        WriteIfKnown(json, "reference_p99_ns", m.ReferenceP99Ns, 0);
        WriteIfKnown(json, "ours_fairness", m.OursFairness, 3);
        WriteIfKnown(json, "reference_fairness", m.ReferenceFairness, 3);
        json.WriteNumber("loops", Metric.Depth);
        json.WriteNumber("threads", Metric.Threads);
    }

    private static void WriteIfKnown(Utf8JsonWriter json, string name, double? value, int digits)
    {
        if (value is { } known)
        {
            WriteRounded(json, name, known, digits);
        }
    }

    private static void WriteRounded(Utf8JsonWriter json, string name, double value, int digits)
        => json.WriteNumber(name, Math.Round((decimal)value, digits));
}
