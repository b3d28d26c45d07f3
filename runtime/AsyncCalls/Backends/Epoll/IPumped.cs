namespace AsyncCalls.Backends.Epoll;

/// <summary>A backend whose calls an <see cref="EpollPump"/> carries on. Everything but <see cref="HasQueued"/> is called by the thread that pumps.</summary>
internal interface IPumped
{
    /// <summary>Whether other threads have queued something. Any thread.</summary>
    bool HasQueued { get; }

    /// <summary>Whether settled calls wait to be published.</summary>
    bool HasCompletions { get; }

    /// <summary>Takes what other threads queued.</summary>
    void Collect();

    /// <summary>A descriptor that the backend registered has something to say.</summary>
    void OnEvents(int fd, uint events);

    /// <summary>Publishes the settled calls.</summary>
    void Flush();

    /// <summary>Nothing is in flight any more: lets go of what the kernel gave.</summary>
    void Close();
}
