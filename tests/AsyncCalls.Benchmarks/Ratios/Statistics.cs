namespace AsyncCalls.Benchmarks.Ratios;

/// <summary>The few statistics that a ratio needs.</summary>
internal static class Statistics
{
    /// <summary>The middle value; of an even number of values, the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values];
        if (sorted.Length == 0)
        {
            throw new ArgumentException("The median of no values is not defined.", nameof(values));
        }

        Array.Sort(sorted);
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>Half the distance between the smallest and the largest value.</summary>
    public static double HalfWidth(IEnumerable<double> values)
    {
        double least = double.PositiveInfinity;
        double most = double.NegativeInfinity;
        foreach (double value in values)
        {
            least = Math.Min(least, value);
            most = Math.Max(most, value);
        }

        return most >= least ? (most - least) / 2 : throw new ArgumentException("No values have no width.", nameof(values));
    }
}
