namespace Demo;

public partial interface ISink<in T, out TResult>
{
    [AsyncCall]
    int Put(T item);

    [AsyncCall]
    void Visit(Action<TResult> visitor);
}
